//! Words in columns.

/// Rows of words under headings, padded to columns.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    most: usize,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()], most: usize::MAX }
    }

    /// Makes no column wider for the sake of cells that are longer than this: they push what follows to the right, in their
    /// own line alone.
    pub(crate) fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is nothing below the headings.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    /// The lines, without trailing blanks. Columns that are empty everywhere are left out.
    pub(crate) fn to_text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let is_used =
            |column: usize| self.rows.iter().skip(1).any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..columns).filter(|column| is_used(*column)).collect();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.filter(|width| *width <= self.most).max().unwrap_or(0)
        };
        let widths: Vec<usize> = used.iter().map(|column| width(*column)).collect();
        let mut lines = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let mut line = String::new();
            for (column, width) in used.iter().zip(&widths) {
                let cell = row.get(*column).map_or("", String::as_str);
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', (width + 2).saturating_sub(cell.chars().count()).max(2)));
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_empty_ones_are_left_out() {
        let mut table = Table::new(&["name", "note", "rows"]);
        table.row(vec!["é".to_owned(), String::new(), "1".to_owned()]);
        table.row(vec!["orders".to_owned(), String::new(), "20".to_owned()]);
        assert_eq!(table.to_text(), "name    rows\né       1\norders  20");
    }

    #[test]
    fn a_long_cell_pushes_its_own_line_alone() {
        let mut table = Table::new(&["name", "file"]).at_most(6);
        table.row(vec!["orders".to_owned(), "a".to_owned()]);
        table.row(vec!["not_null_orders".to_owned(), "b".to_owned()]);
        assert_eq!(table.to_text(), "name    file\norders  a\nnot_null_orders  b");
    }
}
