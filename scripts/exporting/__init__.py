"""A run's generator as an ONNX file, and as a static page around one."""
