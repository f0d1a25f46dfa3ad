//! When a number of failures matters: dbt's `warn_if` and `error_if`.

use std::fmt::{self, Display};

/// The right side of a comparison with the number of failures: `!= 0`, `>10`, `between 1 and 5`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Compare(Operator, i64),
    Between(i64, i64),
    /// Anything else is left to SQL.
    Sql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// Longer ones first, as they begin with shorter ones.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::Unequal),
    ("<>", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Condition {
    /// dbt's default.
    pub const DEFAULT: &str = "!= 0";

    /// Reads the text of `warn_if` or `error_if`. What is not a plain comparison is evaluated as SQL when the check runs.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let text = if text.is_empty() { Self::DEFAULT } else { text };
        let test = compare(text).or_else(|| between(text)).unwrap_or(Test::Sql);
        Self { text: text.to_owned(), test }
    }

    /// Whether the condition holds; `None` if only SQL can tell, see [`Self::sql`].
    pub(crate) fn holds(&self, failures: i64) -> Option<bool> {
        Some(match self.test {
            Test::Compare(operator, bound) => match operator {
                Operator::Equal => failures == bound,
                Operator::Unequal => failures != bound,
                Operator::Less => failures < bound,
                Operator::AtMost => failures <= bound,
                Operator::Greater => failures > bound,
                Operator::AtLeast => failures >= bound,
            },
            Test::Between(least, most) => (least..=most).contains(&failures),
            Test::Sql => return None,
        })
    }

    /// A query that gives the truth of the condition.
    pub(crate) fn sql(&self, failures: i64) -> String {
        format!(
            "select coalesce(failures {}, false) as holds from (select cast({failures} as bigint) as failures) as ade_check",
            self.text
        )
    }

    pub(crate) fn is_default(&self) -> bool {
        self.test == Test::Compare(Operator::Unequal, 0)
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self { text: Self::DEFAULT.to_owned(), test: Test::Compare(Operator::Unequal, 0) }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn compare(text: &str) -> Option<Test> {
    let (sign, operator) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign))?;
    // PostgreSQL has no `==`: left to SQL, it gets the engine's own message.
    if *sign == "==" {
        return None;
    }
    Some(Test::Compare(*operator, text[sign.len()..].trim().parse().ok()?))
}

fn between(text: &str) -> Option<Test> {
    let mut words = text.split_ascii_whitespace();
    let word = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected).then_some(());
    word(words.next()?, "between")?;
    let least = words.next()?.parse().ok()?;
    word(words.next()?, "and")?;
    let most = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Test::Between(least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(text: &str) -> Vec<i64> {
        let condition = Condition::parse(text);
        (0..=6).filter(|failures| condition.holds(*failures).unwrap()).collect()
    }

    #[test]
    fn comparisons_mean_what_they_mean_in_sql() {
        assert_eq!(holding(""), [1, 2, 3, 4, 5, 6]);
        assert_eq!(holding("!=0"), holding("<> 0"));
        assert_eq!(holding(" >4"), [5, 6]);
        assert_eq!(holding(">= 4"), [4, 5, 6]);
        assert_eq!(holding("<1"), [0]);
        assert_eq!(holding("<=1"), [0, 1]);
        assert_eq!(holding("= 3"), [3]);
        assert_eq!(holding("BETWEEN 2 and 4"), [2, 3, 4]);
    }

    #[test]
    fn the_rest_is_left_to_sql() {
        for text in ["> 1 + 1", "in (1, 2)", "== 3", "> 2.5", "between 1 and 2 or true", ">"] {
            assert_eq!(Condition::parse(text).holds(2), None, "{text}");
        }
    }
}
