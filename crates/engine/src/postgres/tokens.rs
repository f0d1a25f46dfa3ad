//! Tokens as PostgreSQL's lexer and grammar take them.

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use crate::dialect::AdeDialect;

/// The tokens in the form that the parser knows.
pub(crate) fn normalize(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    blanks_to_trim(split_operators(tokens))
}

/// `trim(leading from x)` trims blanks: the parser wants them written.
fn blanks_to_trim(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut written = Vec::with_capacity(tokens.len());
    // the last three words and marks, without blank space and comments
    let mut last: [String; 3] = Default::default();
    for token in tokens {
        if !matches!(token.token, Token::Whitespace(_)) {
            let word = token.token.to_string().to_ascii_lowercase();
            let side = matches!(last[2].as_str(), "leading" | "trailing" | "both");
            if word == "from" && side && last[1] == "(" && last[0] == "trim" {
                written.push(TokenWithSpan::new(Token::SingleQuotedString(" ".to_owned()), token.span));
                written.push(TokenWithSpan::new(Token::Whitespace(Whitespace::Space), token.span));
            }
            last.rotate_left(1);
            last[2] = word;
        }
        written.push(token);
    }
    written
}

/// Splits operators such as `->-` in `j->-1`: an operator of several characters does not end in `+`
/// or `-` unless it has one of `~ ! @ # % ^ & | ?` in it.
fn split_operators(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut split = Vec::with_capacity(tokens.len());
    for token in tokens {
        match signs_of(&token.token) {
            Some((operator, signs)) => push(&token.span, &operator, &signs, &mut split),
            None => split.push(token),
        }
    }
    split
}

fn signs_of(token: &Token) -> Option<(String, String)> {
    let Token::CustomBinaryOperator(operator) = token else { return None };
    if operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '?', '`']) {
        return None;
    }
    let kept = operator.trim_end_matches(['+', '-']);
    (!kept.is_empty() && kept.len() < operator.len()).then(|| (kept.to_owned(), operator[kept.len()..].to_owned()))
}

fn push(span: &Span, operator: &str, signs: &str, split: &mut Vec<TokenWithSpan>) {
    let mut column = span.start.column;
    let mut next = |length: usize| {
        let start = Location::new(span.start.line, column);
        column += length as u64;
        Span::new(start, Location::new(span.start.line, column))
    };
    let parsed = Tokenizer::new(&AdeDialect, operator).tokenize().unwrap_or_default();
    for token in parsed {
        let length = token.to_string().len();
        split.push(TokenWithSpan::new(token, next(length)));
    }
    for sign in signs.chars() {
        let token = if sign == '-' { Token::Minus } else { Token::Plus };
        split.push(TokenWithSpan::new(token, next(1)));
    }
}
