"""Photos to paired images A|B: one image, a folder of them, and the report on the folder."""
