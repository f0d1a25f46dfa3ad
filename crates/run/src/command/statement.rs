//! SQL as a person gave it, so that what is wrong can be shown in it.
use std::path::Path;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, SourceFile, Span, rule};
use ade_engine::{SqlError, SqlErrorKind, SqlPosition, SqlText, split_statements};

use crate::error::RunError;

/// One statement, and the text that it stands in.
#[derive(Debug, Clone)]
pub struct Statement {
    text: Arc<SourceFile>,
    start: usize,
    end: usize,
    /// Whether the text holds others, so that an error without a place must say which one it is.
    one_of_many: bool,
}

impl Statement {
    /// The only statement of `text`. Messages call the text `name`.
    pub fn only(name: &str, text: &str) -> Result<Self, RunError> {
        let text = SourceFile::new(name, text);
        let found = split(&text)?;
        let [statement] = found.as_slice() else {
            let count = found.len();
            return Err(RunError::usage(
                format!("expected one statement, found {count}"),
                (count > 1).then(|| "put them in a file and run it with --file".to_owned()),
            ));
        };
        Ok(Self::new(&text, statement, false))
    }

    /// The statements of a file, in order.
    pub fn of_file(path: &Path) -> Result<Vec<Self>, RunError> {
        let text = std::fs::read_to_string(path).map_err(|source| RunError::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let text = SourceFile::new(path.display().to_string(), text);
        let found = split(&text)?;
        Ok(found.iter().map(|statement| Self::new(&text, statement, found.len() > 1)).collect())
    }

    fn new(text: &Arc<SourceFile>, statement: &SqlText, one_of_many: bool) -> Self {
        let start = statement.position.offset;
        Self { text: Arc::clone(text), start, end: start + statement.sql.len(), one_of_many }
    }

    /// The SQL, without its semicolon.
    pub(crate) fn sql(&self) -> &str {
        self.text.slice(Span::new(self.start, self.end))
    }

    /// An error of this statement, at its place in the text. `view` is the text of the view that the error names, if it is
    /// known: then the place is in that.
    pub(crate) fn problem(&self, error: &SqlError, view: Option<String>) -> Diagnostic {
        let mut problem = problem(error);
        let place = match &error.view {
            None => error.position.map(|position| located(&self.text, self.start, position)),
            Some(name) => view.zip(error.position).map(|(sql, position)| {
                let file = SourceFile::new(format!("view {name}"), sql);
                located(&file, 0, position)
            }),
        };
        let first_line = || {
            let length = self.sql().find('\n').unwrap_or(self.sql().len());
            self.one_of_many.then(|| self.text.location(Span::new(self.start, self.start + length)))
        };
        if let Some(place) = place.or_else(first_line) {
            problem = problem.at(place);
        }
        problem
    }
}

fn split(text: &Arc<SourceFile>) -> Result<Vec<SqlText>, RunError> {
    split_statements(text.text()).map_err(|error| {
        let mut problem = problem(&error);
        if let Some(position) = error.position {
            problem = problem.at(located(text, 0, position));
        }
        RunError::Query { problem: Box::new(problem) }
    })
}

fn problem(error: &SqlError) -> Diagnostic {
    let rule = if error.kind == SqlErrorKind::Syntax { &rule::SQL_SYNTAX } else { &rule::SQL_ERROR };
    let message = match &error.view {
        Some(view) => format!("in view {view}: {}", error.message),
        None => error.message.clone(),
    };
    let problem = Diagnostic::error(rule, message);
    match &error.hint {
        Some(hint) => problem.hint(hint.clone()),
        None => problem,
    }
}

fn located(text: &Arc<SourceFile>, start: usize, position: SqlPosition) -> Location {
    let first = start + position.offset;
    text.location(Span::new(first, first + position.length))
}

#[cfg(test)]
mod tests {
    use ade_engine::RelationName;

    use super::*;

    fn at(sql: &str, word: &str) -> SqlError {
        let position = SqlPosition::from_offset(sql, sql.find(word).unwrap_or_default(), word.len());
        SqlError::new(SqlErrorKind::Unknown, format!("there is no column {word}")).at(Some(position))
    }

    #[test]
    fn places_count_from_the_start_of_the_text() {
        let statement =
            Statement::only("query", "  -- é\n select a, b from t;").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(statement.sql(), "select a, b from t");
        let problem = statement.problem(&at(statement.sql(), "b"), None);
        assert_eq!(
            problem.location.map(|place| (place.to_string(), place.text().to_owned())),
            Some(("query:2:12".to_owned(), "b".to_owned()))
        );
    }

    #[test]
    fn places_in_a_view_are_in_its_text() {
        let statement = Statement::only("query", "select * from v").unwrap_or_else(|error| panic!("{error}"));
        let view = "select a,\n gone from t";
        let error = at(view, "gone").in_view(&RelationName::new("main", "v"));
        let problem = statement.problem(&error, Some(view.to_owned()));
        assert_eq!(problem.message, "in view main.v: there is no column gone");
        assert_eq!(problem.location.map(|place| place.to_string()), Some("view main.v:2:2".to_owned()));
        let unknown = statement.problem(&error, None);
        assert_eq!(unknown.location, None, "its text is not known, and the query is not what is wrong");
    }
}
