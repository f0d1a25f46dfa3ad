//! Text into statements, and which of them a session may run.

use sqlparser::ast::Statement;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::dialect::AdeDialect;
use crate::error::from_parser;
use crate::postgres::normalize_tokens;
use crate::{SqlError, SqlErrorKind, SqlPosition};

/// How deep expressions may nest; beyond it the parser refuses instead of exhausting the stack.
const MAX_DEPTH: usize = 256;

/// One statement of a file, and where it begins there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlText {
    /// The statement without its semicolon and without blank space and comments around it.
    pub sql: String,
    /// Where `sql` begins and how long it is in the whole text.
    pub position: SqlPosition,
}

/// The statements of a file: split at semicolons outside of quotes, dollar quotes and comments.
/// Parts without a word are left out. Fails only when a quote or comment is never closed.
pub fn split_statements(text: &str) -> Result<Vec<SqlText>, SqlError> {
    let mut statements = Vec::new();
    let mut current: Option<(SqlPosition, usize)> = None;
    let tokens = tokenize(text)?;
    let mut finish = |current: &mut Option<(SqlPosition, usize)>| {
        if let Some((start, end)) = current.take() {
            let position = SqlPosition { length: end - start.offset, ..start };
            statements.push(SqlText { sql: text[start.offset..end].to_owned(), position });
        }
    };
    for token in &tokens {
        match &token.token {
            Token::Whitespace(_) | Token::EOF => {}
            Token::SemiColon => finish(&mut current),
            _ => {
                let Some(place) = place_of(text, token) else { continue };
                let end = place.offset + place.length;
                current = Some(current.map_or((place, end), |(start, _)| (start, end)));
            }
        }
    }
    finish(&mut current);
    Ok(statements)
}

fn place_of(text: &str, token: &TokenWithSpan) -> Option<SqlPosition> {
    let (start, end) = (token.span.start, token.span.end);
    SqlPosition::from_lines(text, (start.line, start.column), Some((end.line, end.column)))
}

fn tokenize(text: &str) -> Result<Vec<TokenWithSpan>, SqlError> {
    Tokenizer::new(&AdeDialect, text).tokenize_with_location().map_err(|error| {
        let place = SqlPosition::from_lines(text, (error.location.line, error.location.column), None);
        SqlError::new(SqlErrorKind::Syntax, error.message).at(place)
    })
}

/// Parses exactly one statement that only reads.
pub(crate) fn parse_query(text: &str) -> Result<Statement, SqlError> {
    let tokens = tokenize(text)?;
    if !tokens.iter().any(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF | Token::SemiColon)) {
        return Err(SqlError::new(SqlErrorKind::Syntax, "there is no SQL here").with_hint("write a select"));
    }
    let mut parser = Parser::new(&AdeDialect)
        .with_recursion_limit(MAX_DEPTH)
        .with_tokens_with_locations(normalize_tokens(tokens.clone()));
    let statement = parser.parse_statement().map_err(|error| from_parser(text, &tokens, error))?;
    while parser.consume_token(&Token::SemiColon) {}
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let place = place_of(text, &next);
        refuse_change(&statement).map_err(|error| error.at(SqlPosition::from_lines(text, (1, 1), None)))?;
        let error = if starts_statement(&next.token) {
            SqlError::new(SqlErrorKind::Syntax, format!("a second statement begins at \"{}\"", next.token))
                .with_hint("give one statement at a time; `ade query --file` runs several")
        } else {
            SqlError::new(SqlErrorKind::Syntax, format!("unexpected \"{}\"", next.token))
        };
        return Err(error.at(place));
    }
    refuse_change(&statement).map_err(|error| {
        let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
        error.at(first.and_then(|token| place_of(text, token)))
    })?;
    Ok(statement)
}

fn starts_statement(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none()
        && matches!(word.value.to_ascii_lowercase().as_str(),
            "select" | "with" | "values" | "insert" | "update" | "delete" | "create" | "drop" | "alter" | "copy"
            | "set" | "explain" | "show" | "describe" | "truncate" | "grant" | "merge"))
}

fn refuse_change(statement: &Statement) -> Result<(), SqlError> {
    let refuse = |what: &str, hint: &str| {
        Err(SqlError::new(SqlErrorKind::Refused, format!("{what} is not allowed here: SQL in ade only reads"))
            .with_hint(hint))
    };
    match statement {
        Statement::Query(query) => refuse_query(query),
        Statement::Explain { statement, .. } => refuse_change(statement),
        Statement::ExplainTable { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. }
        | Statement::ShowSchemas { .. }
        | Statement::ShowVariable { .. } => Ok(()),
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) => {
            refuse(&first_words(statement, 1), "make a model whose select gives the rows that the table should have")
        }
        Statement::CreateTable(_) | Statement::CreateView(_) => refuse(
            &first_words(statement, 2),
            "put the select into models/<name>.sql: `ade build` makes the table or view",
        ),
        Statement::CreateFunction(_) | Statement::CreateMacro { .. } => {
            refuse(&first_words(statement, 2), "write a macro in macros/*.sql")
        }
        Statement::Copy { .. } => {
            refuse("copy", "land files through a connection in sources/*.yml; write results with `ade query --format`")
        }
        Statement::Set(_) => refuse("set", "the time zone is UTC and settings are fixed; cast or convert in the query"),
        other => refuse(&first_words(other, 2), "write a select, with, values, explain, show or describe"),
    }
}

fn refuse_query(query: &sqlparser::ast::Query) -> Result<(), SqlError> {
    use sqlparser::ast::SetExpr;
    fn body(expression: &SetExpr) -> Result<(), SqlError> {
        match expression {
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => refuse_change(statement),
            SetExpr::SetOperation { left, right, .. } => body(left).and_then(|()| body(right)),
            SetExpr::Query(query) => refuse_query(query),
            SetExpr::Select(select) if select.into.is_some() => {
                Err(SqlError::new(SqlErrorKind::Refused, "select into is not allowed here: SQL in ade only reads")
                    .with_hint("put the select into models/<name>.sql: `ade build` makes the table"))
            }
            _ => Ok(()),
        }
    }
    for common in query.with.iter().flat_map(|with| &with.cte_tables) {
        refuse_query(&common.query)?;
    }
    body(&query.body)
}

fn first_words(statement: &Statement, count: usize) -> String {
    let text = statement.to_string().to_lowercase();
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}
