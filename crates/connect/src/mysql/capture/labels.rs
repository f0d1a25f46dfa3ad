//! The labels of an `enum` or `set`.

/// The labels of an `enum` or `set`, by its type as the catalog writes it: `enum('small','it''s')`. `None`: it is neither.
pub(crate) fn labels(source_type: &str) -> Option<Vec<String>> {
    let open = source_type.find('(')?;
    if !matches!(source_type[..open].trim().to_ascii_lowercase().as_str(), "enum" | "set") {
        return None;
    }
    let mut labels = Vec::new();
    let mut letters = source_type[open + 1..].chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let mut label = String::new();
                while let Some(letter) = letters.next() {
                    match letter {
                        '\'' if letters.next_if_eq(&'\'').is_none() => break,
                        '\\' => label.extend(letters.next().map(|escaped| match escaped {
                            'n' => '\n',
                            'r' => '\r',
                            '0' => '\0',
                            other => other,
                        })),
                        letter => label.push(letter),
                    }
                }
                labels.push(label);
            }
            ')' => break,
            _ => {}
        }
    }
    Some(labels)
}

/// The label at a place, from 1; 0 is what a server makes of a value that is none of them. `None`: there is no such.
pub(crate) fn label(labels: &[String], place: u64) -> Option<String> {
    match usize::try_from(place).ok()?.checked_sub(1) {
        None => Some(String::new()),
        Some(place) => labels.get(place).cloned(),
    }
}

/// The labels whose bits are set, with commas between. `None`: there are not so many.
pub(crate) fn label_set(labels: &[String], bits: u64) -> Option<String> {
    let known = if labels.len() >= 64 { u64::MAX } else { (1 << labels.len()) - 1 };
    let chosen = labels.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1).map(|(_, label)| label.as_str());
    (bits & !known == 0).then(|| chosen.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_quotes() {
        let found = labels("enum('small','it''s','a,b)','\\\\','')").unwrap();
        assert_eq!(found, ["small", "it's", "a,b)", "\\", ""]);
        assert_eq!(label(&found, 2).as_deref(), Some("it's"));
        assert_eq!(label(&found, 0).as_deref(), Some(""));
        assert_eq!(label(&found, 6), None);
        assert_eq!(label_set(&found, 0b101).as_deref(), Some("small,a,b)"));
        assert_eq!(label_set(&found, 1 << 5), None);
        assert_eq!(labels("varchar(20)"), None);
    }
}
