//! The words of a statement.

/// A word of a statement, or a sign between words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// As written: a keyword or a name.
    Word(String),
    /// A name in quotes.
    Quoted(String),
    /// A text: whatever it says is a value.
    Text,
    Sign(char),
}

impl Token {
    /// Whether it is this keyword, given in capital letters.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// What it names, if it may be a name.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Quoted(name) => Some(name),
            Self::Text | Self::Sign(_) => None,
        }
    }
}

/// The words of a statement. What a comment for certain versions says counts; other comments do not.
pub(crate) fn tokens(statement: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        rest = if first.is_whitespace() {
            &rest[first.len_utf8()..]
        } else if first == '#' || is_dash_comment(rest) {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if let Some(inner) = rest.strip_prefix("/*M!").or_else(|| rest.strip_prefix("/*!")) {
            inner.trim_start_matches(|letter: char| letter.is_ascii_digit())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or("", |end| &comment[end + 2..])
        } else if let Some(behind) = rest.strip_prefix("*/") {
            behind
        } else if matches!(first, '`' | '"' | '\'') {
            let (content, behind) = quoted(rest, first);
            found.push(if first == '\'' { Token::Text } else { Token::Quoted(content) });
            behind
        } else if is_letter(first) {
            let end = rest.find(|letter| !is_letter(letter)).unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            &rest[end..]
        } else {
            found.push(Token::Sign(first));
            &rest[first.len_utf8()..]
        };
    }
    found
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '@') || !letter.is_ascii()
}

fn is_dash_comment(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
}

/// What is between quotes at the front, and what comes behind.
fn quoted(text: &str, quote: char) -> (String, &str) {
    let mut content = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((place, letter)) = letters.next() {
        if letter == quote {
            if letters.next_if(|(_, next)| *next == quote).is_none() {
                return (content, &text[place + letter.len_utf8()..]);
            }
        } else if letter == '\\' && quote != '`' {
            letters.next();
            continue;
        }
        content.push(letter);
    }
    (content, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_names_texts_and_comments() {
        let shown: Vec<String> = tokens(
            "alter /* drop */ table `a``b`.\"c\" -- modify\n add x /*!50100 int */ comment 'it''s \\' drop' # change\n,y--1",
        )
        .iter()
        .map(|token| match token {
            Token::Word(word) => word.clone(),
            Token::Quoted(name) => format!("<{name}>"),
            Token::Text => "''".to_owned(),
            Token::Sign(sign) => sign.to_string(),
        })
        .collect();
        assert_eq!(shown.join(" "), "alter table <a`b> . <c> add x int comment '' , y - - 1");
        assert_eq!(tokens("# Dummy event replacing event type 162"), []);
        assert_eq!(tokens("'open"), [Token::Text]);
    }
}
