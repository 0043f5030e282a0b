"""Extraction of lines and colors from a photograph of a drawing on paper, a blackboard or a whiteboard."""

from data.paper.read import Drawing, from_paper, is_paper

__all__ = ["Drawing", "from_paper", "is_paper"]
