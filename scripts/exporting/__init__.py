"""Export a run's generator as an ONNX file or a static page."""
