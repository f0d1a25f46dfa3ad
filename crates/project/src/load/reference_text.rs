//! References that are written as text in YAML: `ref('orders')`, `source('app', 'customers')`.

use std::sync::LazyLock;

use regex::Regex;

use super::names::Names;
use crate::template::Reference;
use crate::{NodeId, Relation};
use ade_diagnostic::{Diagnostic, rule};

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant, and the tests use it")]
    Regex::new(
        r#"^\s*(?:\{\{-?)?\s*(?:get_where_subquery\(\s*)?(ref|source)\s*\(\s*['"]([^'"]+)['"]\s*(?:,\s*['"]([^'"]+)['"]\s*)?(?:,\s*(?:v|version)\s*=\s*['"]?([\w.]+)['"]?\s*)?\)\s*\)?\s*(?:-?\}\})?\s*$"#,
    )
    .expect("a pattern of this file")
});

/// What a text refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceText {
    Ref(Reference),
    Source(String, String),
}

/// Reads a text; `None` when it is no reference.
pub(crate) fn parse(text: &str) -> Option<ReferenceText> {
    let call = CALL.captures(text)?;
    let part = |at: usize| call.get(at).map(|part| part.as_str().to_owned());
    let (first, second) = (part(2)?, part(3));
    if &call[1] == "source" {
        return Some(ReferenceText::Source(first, second?));
    }
    Some(ReferenceText::Ref(match second {
        Some(name) => Reference { package: Some(first), name, version: part(4) },
        None => Reference { package: None, name: first, version: part(4) },
    }))
}

/// The node that a text refers to; the problem has no place yet.
pub(super) fn resolve<'n>(text: &str, names: &'n Names) -> Result<&'n (NodeId, Relation), Box<Diagnostic>> {
    match parse(text) {
        Some(ReferenceText::Ref(reference)) => names.reference(&reference),
        Some(ReferenceText::Source(source, table)) => names.source(&source, &table),
        None => {
            let message = format!("`{text}` is not a reference");
            let problem = Diagnostic::error(&rule::INVALID_VALUE, message);
            Err(Box::new(problem.hint("write `ref('model')` or `source('source', 'table')`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_with_and_without_braces() {
        let plain = |name: &str| Some(ReferenceText::Ref(Reference::new(name)));
        assert_eq!(parse("ref('orders')"), plain("orders"));
        assert_eq!(parse("{{ ref(\"orders\") }}"), plain("orders"));
        assert_eq!(parse(" source( 'app' , 'x' ) "), Some(ReferenceText::Source("app".into(), "x".into())));
        let full = Reference { package: Some("shop".into()), name: "orders".into(), version: Some("2".into()) };
        assert_eq!(parse("ref('shop', 'orders', v=2)"), Some(ReferenceText::Ref(full)));
        for text in ["orders", "ref(orders)", "source('app')", "ref('a') + 1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
