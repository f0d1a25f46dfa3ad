//! What keeps raw files out of a repository: lines of `.gitignore`.

/// The line that keeps a path of the project (`inbox/`, `orders.csv`) out of its repository; `None` where one of `lines` does.
pub(super) fn line_for(lines: &str, path: &str) -> Option<String> {
    let is_kept_out = lines.lines().any(|line| covers(line, path));
    (!is_kept_out).then(|| format!("/{}", escaped(path)))
}

/// The text with one more line.
pub(super) fn with_line(text: &str, line: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}{line}\n")
}

/// Whether a line is for a path or for a folder that it is in. Patterns other than `*.ending` are taken for none: a line too
/// many does no harm.
fn covers(line: &str, path: &str) -> bool {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with(['#', '!']) {
        return false;
    }
    let path = escaped(path.trim_end_matches('/'));
    let folder = line.trim_end_matches('*').trim_end_matches('/');
    let is_in = |folder: &str| path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if let Some(ending) = line.strip_prefix("*.") {
        return path.rsplit_once('.').is_some_and(|(_, found)| found == ending);
    }
    match folder.strip_prefix('/') {
        Some(anchored) => !anchored.is_empty() && is_in(anchored),
        None if folder.contains('/') => is_in(folder),
        // A name alone is for that of any file or folder.
        None => !folder.is_empty() && path.split('/').any(|part| part == folder),
    }
}

/// A path as a line has it: what a pattern would mean is meant as it stands.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for letter in path.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    match out.strip_suffix(' ') {
        Some(start) => format!("{start}\\ "),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_added_where_none_does_it() {
        for (lines, path, expected) in [
            ("", "inbox/", Some("/inbox/")),
            ("/data/\n", "inbox/", Some("/inbox/")),
            ("/inbox/\n", "inbox/", None),
            ("inbox\n", "inbox/", None),
            ("inbox/*\n", "inbox/a.csv", None),
            ("/inbox\n", "inbox/2026/", None),
            ("# inbox\n", "inbox/", Some("/inbox/")),
            ("!inbox/\n", "inbox/", Some("/inbox/")),
            ("/in\n", "inbox/", Some("/inbox/")),
            ("/\n", "inbox/", Some("/inbox/")),
            ("*.csv\n", "orders.csv", None),
            ("*.csv\n", "orders.jsonl", Some("/orders.jsonl")),
            ("", "a[1] .csv", Some("/a\\[1\\] .csv")),
            ("", "list ", Some("/list\\ ")),
        ] {
            assert_eq!(line_for(lines, path).as_deref(), expected, "{lines:?} for {path}");
        }
        assert_eq!(with_line("/lake/", "/inbox/"), "/lake/\n/inbox/\n");
    }
}
