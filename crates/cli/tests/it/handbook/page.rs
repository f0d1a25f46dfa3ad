//! A page: its text, and the steps in it.

/// Something to do.
pub(crate) enum Step {
    /// Write a file.
    File { path: String, text: String },
    /// Run a command and look at nothing.
    Unseen { command: String },
    /// Run a command and compare what it prints.
    Command { command: String, printed: String, line: usize },
}

enum Part {
    Text(String),
    Step(Step),
}

/// A page of the handbook.
pub(crate) struct Page {
    parts: Vec<Part>,
}

impl Page {
    /// Reads the Markdown.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut lines = text.lines().enumerate().peekable();
        while let Some((_, line)) = lines.next() {
            parts.push(Part::Text(line.to_owned()));
            if let Some(command) = line.strip_prefix("<!-- $ ").and_then(|rest| rest.strip_suffix(" -->")) {
                parts.push(Part::Step(Step::Unseen { command: command.to_owned() }));
            } else if line == "```console" {
                while let Some((number, first)) = lines.next_if(|(_, line)| *line != "```") {
                    let mut command = first.strip_prefix("$ ").expect("a console block begins with `$ `").to_owned();
                    while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with("> ")) {
                        command.push('\n');
                        command.push_str(&more[2..]);
                    }
                    let mut printed = Vec::new();
                    while let Some((_, line)) = lines.next_if(|(_, line)| *line != "```" && !line.starts_with("$ ")) {
                        printed.push(line);
                    }
                    parts.push(Part::Step(Step::Command { command, printed: printed.join("\n"), line: number + 1 }));
                }
                parts.extend(lines.next().map(|(_, end)| Part::Text(end.to_owned())));
            } else if let Some((_, path)) = line.strip_prefix("```").and_then(|info| info.split_once(" file=")) {
                let mut text = String::new();
                while let Some((_, line)) = lines.next_if(|(_, line)| *line != "```") {
                    text.push_str(line);
                    text.push('\n');
                    parts.push(Part::Text(line.to_owned()));
                }
                parts.extend(lines.next().map(|(_, end)| Part::Text(end.to_owned())));
                parts.push(Part::Step(Step::File { path: path.to_owned(), text }));
            } else if line.starts_with("```") {
                // Shown, not carried out.
                while let Some((_, line)) = lines.next_if(|(_, line)| *line != "```") {
                    parts.push(Part::Text(line.to_owned()));
                }
                parts.extend(lines.next().map(|(_, end)| Part::Text(end.to_owned())));
            }
        }
        Self { parts }
    }

    /// What is to be done, in order.
    pub(crate) fn steps(&mut self) -> impl Iterator<Item = &mut Step> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Step(step) => Some(step),
            Part::Text(_) => None,
        })
    }

    /// The Markdown, with what the commands printed last.
    pub(crate) fn to_text(&self) -> String {
        let mut out = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(line) => out.push(line.clone()),
                Part::Step(Step::Command { command, printed, .. }) => {
                    out.push(format!("$ {}", command.replace('\n', "\n> ")));
                    if !printed.is_empty() {
                        out.push(printed.clone());
                    }
                }
                Part::Step(_) => {}
            }
        }
        out.join("\n") + "\n"
    }
}
