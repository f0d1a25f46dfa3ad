//! The list of rules.

use std::collections::BTreeSet;

use ade_diagnostic::{render_reference, rule};

#[test]
fn ids_are_unique_and_kebab_case_and_explained() {
    let mut seen = BTreeSet::new();
    for rule in rule::topics().iter().flat_map(|topic| topic.rules) {
        assert!(seen.insert(rule.id), "{} twice", rule.id);
        assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
        assert!(rule.explanation.len() > 40 && rule.explanation.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn the_reference_shows_every_rule() {
    let page = render_reference();
    for rule in rule::topics().iter().flat_map(|topic| topic.rules) {
        assert!(page.contains(&format!("### `{}`\n\n{}\n", rule.id, rule.explanation)));
    }
}
