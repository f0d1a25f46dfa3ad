//! Whatever stands in a file: reading ends, and every place is inside of the text.

use ade_diagnostic::{Diagnostics, SourceFile};
use ade_project::yaml::{Node, NodeValue, read};
use proptest::prelude::*;

fn check(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?} is not in {text:?}", node.span);
    match &node.value {
        NodeValue::Sequence(items) => items.iter().for_each(|item| check(item, text)),
        NodeValue::Mapping(mapping) => {
            for entry in mapping.entries() {
                assert!(text.get(entry.key_span.range()).is_some(), "{:?} is not in {text:?}", entry.key_span);
                check(&entry.value, text);
            }
        }
        _ => {}
    }
}

/// Pieces that files are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("- "),
        Just("a: "),
        Just("ö: "),
        Just("\n"),
        Just("\n  "),
        Just("\n    "),
        Just("'"),
        Just("\""),
        Just("🍾"),
        Just("[ "),
        Just("]"),
        Just("{ "),
        Just("}"),
        Just(", "),
        Just("# "),
        Just("&x "),
        Just("*x "),
        Just("<<: "),
        Just("| "),
        Just("> "),
        Just("\\"),
        Just("''"),
        Just("? "),
        Just("!t "),
        Just("---"),
        Just("\t"),
        Just("\r\n"),
        Just("1"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_ends_and_places_are_inside(text in pieces()) {
        let (file, mut problems) = (SourceFile::new("x.yml", text.as_str()), Diagnostics::new());
        if let Some(node) = read(&file, &mut problems) {
            check(&node, &text);
        } else {
            prop_assert!(problems.has_errors());
        }
        ade_diagnostic::render_terminal(&problems.into_sorted(), false);
    }
}
