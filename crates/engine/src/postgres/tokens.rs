//! Operators as PostgreSQL's lexer ends them.

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use crate::dialect::AdeDialect;

/// Splits operators such as `->-` in `j->-1`: an operator of several characters does not end in `+`
/// or `-` unless it has one of `~ ! @ # % ^ & | ?` in it.
pub(crate) fn split_operators(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
