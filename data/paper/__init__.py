"""Functions that read drawings from photographs of paper, blackboards and whiteboards."""

from data.paper.read import Drawing, from_paper, is_paper

__all__ = ["Drawing", "from_paper", "is_paper"]
