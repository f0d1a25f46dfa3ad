//! Problems in what users wrote, as values, and their renderers.
