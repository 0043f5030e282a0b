"""Exporting a run's generator as an ONNX file, and as a static page that runs it."""
