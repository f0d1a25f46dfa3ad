//! Values that came and that a treatment did not understand: they are NULL in the table, which nobody would see otherwise.
use ade_privacy::Loss;

/// What the treatments of a table's columns did not understand, over all its rows that came.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses(Vec<Loss>);

impl Losses {
    /// Adds those of more rows.
    pub(super) fn add(&mut self, losses: Vec<Loss>) {
        for loss in losses {
            match self.0.iter_mut().find(|known| known.column == loss.column) {
                Some(known) => {
                    known.lost += loss.lost;
                    known.values += loss.values;
                }
                None => self.0.push(loss),
            }
        }
    }

    /// The same for those of another commit.
    pub(super) fn merge(&mut self, other: Self) {
        self.add(other.0);
    }

    /// Whether a column lost more than half of its values: then they have another form than somebody expected.
    pub(super) fn is_warning(&self) -> bool {
        self.0.iter().any(|loss| loss.lost * 2 > loss.values)
    }

    /// In words, one for each column that lost a value.
    pub(super) fn notes(&self) -> Vec<String> {
        let lossy = self.0.iter().filter(|loss| loss.lost > 0);
        lossy
            .map(|loss| {
                let Loss { column, treatment, lost, values } = loss;
                let (were, are) = if *lost == 1 { ("was", "is") } else { ("were", "are") };
                let of = if *values == 1 { "1 value".to_owned() } else { format!("{} values", grouped(*values)) };
                format!("`{column}`: {} of {of} {were} not understood by `{treatment}` and {are} NULL", grouped(*lost))
            })
            .collect()
    }
}

/// A number with commas between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(lost: usize, values: usize) -> Vec<Loss> {
        vec![Loss { column: "born".to_owned(), treatment: "truncate", lost, values }]
    }

    #[test]
    fn all_rows_count_and_more_than_half_of_them_warn() {
        let mut losses = Losses::default();
        losses.add(lost(0, 20));
        assert_eq!((losses.notes().len(), losses.is_warning()), (0, false));
        losses.add(lost(20, 20));
        assert!(!losses.is_warning());
        let mut more = Losses::default();
        more.add(lost(4_960, 4_960));
        losses.merge(more);
        assert!(losses.is_warning());
        assert_eq!(losses.notes(), ["`born`: 4,980 of 5,000 values were not understood by `truncate` and are NULL"]);
        let mut one = Losses::default();
        one.add(lost(1, 1));
        assert_eq!(one.notes(), ["`born`: 1 of 1 value was not understood by `truncate` and is NULL"]);
    }
}
