"""The rows of scripts/gpu_check.sh."""
