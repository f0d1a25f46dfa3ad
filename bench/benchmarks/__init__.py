"""The benchmarks. Each module has NAME, TITLE, ABOUT (Markdown), and

- `measure(context)`: what was measured, as values that JSON can hold,
- `targets(figures)`: the targets of the project, also when `figures` is null,
- `render(figures)`: lines of Markdown.
"""
