//! Whether a command printed what a page says, but for what differs from run to run.

/// Whether the program prints what the page shows. A line `…` stands for any lines.
pub(crate) fn same(page: &str, program: &str) -> bool {
    let (mut shown, mut printed) = (plain(page), plain(program));
    let whole = shown.len();
    shown.retain(|line| line != "…");
    if shown.len() < whole {
        return shown.iter().all(|line| match printed.iter().position(|other| other == line) {
            Some(found) => {
                printed.swap_remove(found);
                true
            }
            None => false,
        });
    }
    shown.sort_unstable();
    printed.sort_unstable();
    shown == printed
}

fn plain(text: &str) -> Vec<String> {
    // Which pseudonym is which differs from key to key; which are equal does not.
    let mut pseudonyms: Vec<&str> = Vec::new();
    let lines = text.lines().map(|line| {
        let mut words = line.split_whitespace().peekable();
        let mut out: Vec<String> = Vec::new();
        while let Some(word) = words.next() {
            let unit = words.peek().map_or("", |next| next.trim_end_matches([':', ';', ',']));
            if matches!(unit, "s" | "ms") && word.parse::<f64>().is_ok() {
                // A task that took no time to speak of says none.
                words.next();
                out.pop_if(|before| before == "·");
            } else if is_uuid(word) {
                out.push("<uuid>".to_owned());
            } else if is_pseudonym(word) {
                let known = pseudonyms.iter().position(|other| *other == word).unwrap_or_else(|| {
                    pseudonyms.push(word);
                    pseudonyms.len() - 1
                });
                out.push(format!("<pseudonym {known}>"));
            } else if is_key_id(word) {
                out.push("<key>".to_owned());
            } else if is_moment(word) {
                out.push("<moment>".to_owned());
            } else if !is_rule(word) {
                out.push(word.to_owned());
            }
        }
        out.join(" ")
    });
    lines.filter(|line| !line.is_empty()).collect()
}

/// The line below the header of a table.
fn is_rule(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| matches!(byte, b'-' | b'+'))
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4
}

fn is_pseudonym(word: &str) -> bool {
    word.len() == 26 && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

fn is_key_id(word: &str) -> bool {
    word.len() == 8 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A day of now, or a time of day with seconds.
fn is_moment(word: &str) -> bool {
    let shape: String = word.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    shape == "9999-99-99" || shape.starts_with("99:99:99")
}

#[test]
fn only_what_differs_from_run_to_run_is_passed_over() {
    assert!(same("done in 0.13 s: 1 success", "done in 12.99 s: 1 success"));
    assert!(!same("done in 0.13 s: 1 success", "done in 0.13 s: 2 success"));
    assert!(same("= unchanged orders", "= unchanged orders  0.00 s"));
    assert!(same("a | b\n--+---\n1 | 2", "a  | b\n---+----\n1  | 2"));
    assert!(same("one\n…", "one\ntwo"));
    assert!(!same("one\n…\nthree", "one\ntwo"));
    assert!(!same("", "warning"));
    let (one, other) = ("a".repeat(26), "b".repeat(26));
    assert!(same(&format!("{one} {one}"), &format!("{other} {other}")));
    assert!(!same(&format!("{one} {one}"), &format!("{one} {other}")));
}
