#!/usr/bin/env bash
# Run the tests with the oldest and the newest versions that requirements.txt allows, and print the results as a table.
#
#   bash scripts/check_versions.sh [FOLDER]     folder for the environments, which take a few gigabytes each
#
# PYTHONS lists the interpreters (default: python3.10 to python3.13).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-.versions}
mkdir -p "$folder"
table="" failed=0
for python in ${PYTHONS:-python3.10 python3.11 python3.12 python3.13}; do
    if ! command -v "$python" >/dev/null; then
        table+="$python|-|not found|\n"
        continue
    fi
    for set in oldest newest; do
        # The oldest torch does not exist for the newest Python, so a failure is ignored.
        env=$folder/$(basename "$python")-$set
        limits=()
        [ $set = newest ] || limits=(-c scripts/oldest-constraints.txt)
        [ -x "$env/bin/python" ] || "$python" -m venv "$env"
        if ! { "$env/bin/pip" install --quiet --upgrade 'pip>=25.3' && "$env/bin/pip" install --quiet \
            --build-constraint scripts/build-constraints.txt "${limits[@]}" \
            -r requirements.txt -r requirements-dev.txt; } >"$env/install.log" 2>&1; then
            table+="$python|$set|cannot be installed: $(grep -m1 ERROR "$env/install.log" | cut -c1-80)|\n"
            [ $set = oldest ] || failed=1
            continue
        fi
        versions=$("$env/bin/pip" list --format=freeze | grep -E '^(torch|torchvision|numpy|opencv-python-headless|pillow)==' |
            tr '\n' ' ')
        echo "== $python, $set: $versions"
        "$env/bin/python" -m pytest -n "${WORKERS:-2}" >"$env/pytest.log" 2>&1 || failed=1
        grep -E '^(FAILED|ERROR)' "$env/pytest.log"
        table+="$python|$set|$(tail -1 "$env/pytest.log")|$versions\n"
    done
done
printf '%b' "$table" | column -t -s '|'
exit $failed
