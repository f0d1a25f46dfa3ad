//! The page of the command line, from its definition.
use std::fmt::Write as _;

use clap::{Arg, Command};

/// `docs/reference/cli.md`: every command with its options and examples.
pub(crate) fn cli_reference(mut ade: Command) -> String {
    ade.build();
    let mut out = String::from(
        "# The command line\n\nThis page is generated from the program; `ade <command> --help` says the same.\n\n\
         | command | what it does |\n|---|---|\n",
    );
    for command in commands(&ade) {
        let name = command.get_name();
        let _ = writeln!(out, "| [`ade {name}`](#ade-{name}) | {} |", about(command));
    }
    out.push_str(
        "\nExit codes: 0 fine, 1 a check or task failed, 2 usage or project, 130 interrupted, 101 a bug \
         (`ADE_DEBUG=1` in the environment prints its message, which may hold values of your data).\n\n\
         ## Options of every command\n",
    );
    table(&mut out, "option", ade.get_arguments().filter(|arg| arg.is_global_set()));
    for command in commands(&ade) {
        section(&mut out, "##", &format!("ade {}", command.get_name()), command);
        for inner in commands(command) {
            section(&mut out, "###", &format!("ade {} {}", command.get_name(), inner.get_name()), inner);
        }
    }
    out
}

/// What a command takes, with its examples.
fn section(out: &mut String, level: &str, name: &str, command: &Command) {
    let _ = write!(out, "\n{level} `{name}`\n\n{}.\n", about(command));
    let own = || command.get_arguments().filter(|arg| !arg.is_global_set());
    table(out, "argument", own().filter(|arg| arg.is_positional()));
    table(out, "option", own().filter(|arg| !arg.is_positional()));
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some(examples) = after.strip_prefix("Examples:\n") {
        let lines: Vec<String> = examples.lines().map(example).collect();
        let _ = write!(out, "\n```sh\n{}\n```\n", lines.join("\n"));
    }
}

fn commands(ade: &Command) -> impl Iterator<Item = &Command> {
    ade.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn table<'a>(out: &mut String, what: &str, args: impl Iterator<Item = &'a Arg>) {
    let rows: Vec<String> = args
        .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .map(|arg| format!("| `{}` | {} |", name(arg), meaning(arg)))
        .collect();
    if !rows.is_empty() {
        let _ = write!(out, "\n| {what} | meaning |\n|---|---|\n{}\n", rows.join("\n"));
    }
}

/// An example as a line of shell: what stands behind two spaces is said about it.
fn example(line: &str) -> String {
    let line = line.trim();
    match line.split_once("  ") {
        Some((command, said)) => {
            let gap = said.len() - said.trim_start().len();
            format!("{command}{}# {}", " ".repeat(gap + 2), said.trim_start())
        }
        None => line.to_owned(),
    }
}

/// `-s, --select <SELECTOR>…`.
fn name(arg: &Arg) -> String {
    let names: Vec<&str> = arg.get_value_names().into_iter().flatten().map(clap::builder::Str::as_str).collect();
    let values = names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" ");
    if arg.is_positional() {
        return values;
    }
    let mut spellings: Vec<String> = arg.get_short().map(|short| format!("-{short}")).into_iter().collect();
    spellings.extend(arg.get_long_and_visible_aliases().into_iter().flatten().map(|long| format!("--{long}")));
    let spelled = spellings.join(", ");
    if !arg.get_action().takes_values() {
        return spelled;
    }
    let more = if arg.get_num_args().is_some_and(|count| count.max_values() > 1) { "…" } else { "" };
    format!("{spelled} {values}{more}")
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut meaning = help.split_whitespace().collect::<Vec<_>>().join(" ");
    if !arg.get_action().takes_values() {
        return cell(&meaning);
    }
    let words = arg.get_possible_values();
    let described: Vec<String> = words
        .iter()
        .map(|word| match word.get_help() {
            Some(help) => format!("`{}` ({help})", word.get_name()),
            None => format!("`{}`", word.get_name()),
        })
        .collect();
    if !described.is_empty() {
        let _ = write!(meaning, ": {}", described.join(", "));
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| format!("`{}`", value.display())).collect();
    if !defaults.is_empty() {
        let _ = write!(meaning, ". Default: {}", defaults.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(meaning, ". Environment variable: `{}`", variable.display());
    }
    cell(&meaning)
}

/// Text for a cell of a Markdown table. Angle brackets outside code would be taken for HTML.
fn cell(text: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for letter in text.chars() {
        match letter {
            '`' => code = !code,
            '|' => out.push('\\'),
            '<' if !code => out.push('\\'),
            _ => {}
        }
        out.push(letter);
    }
    out
}
