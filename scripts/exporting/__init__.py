"""Exporting a run's generator: to an ONNX file, and to a static page that runs one."""
