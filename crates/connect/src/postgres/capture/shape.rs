//! What a table looked like when it was read.
//!
//! The log tells what happens to rows, and nothing of what is done to their table. What the catalog says now, held against
//! what it said then, tells whether the rows that have landed are still those of the table: a column that got another name or
//! came with values, a conversion that wrote all rows anew, a partition that came with its rows or went with them.

use serde::{Deserialize, Serialize};

use super::message::{Relation, RelationColumn};

/// What a table looked like when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// The number of its file, which is another one after all rows were written anew; 0 for a partitioned table.
    pub(crate) file: u32,
    pub(crate) columns: Vec<ShapeColumn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) partitions: Vec<Partition>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShapeColumn {
    pub(crate) name: String,
    /// The type's number, and what is in parentheses behind it.
    pub(crate) data_type: u32,
    pub(crate) modifier: i32,
    /// What stays when it gets another name; 0 for one that only the log has told of.
    pub(crate) number: i16,
    /// The transaction that declared it as it is.
    pub(crate) declared_by: u32,
    /// Whether rows that were there before it may have values in it: it has a default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_filled: bool,
}

/// A partition of a table, at whatever depth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    /// The table's number.
    pub(crate) table: u32,
    /// The transaction that made it a partition.
    pub(crate) attached_by: u32,
    /// Whether it was made as a partition, so that it had no rows before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_born: bool,
    /// The number of its file.
    pub(crate) file: u32,
}

impl ShapeColumn {
    fn is_of_type(&self, data_type: u32, modifier: i32) -> bool {
        (self.data_type, self.modifier) == (data_type, modifier)
    }
}

impl Shape {
    fn column(&self, name: &str) -> Option<&ShapeColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The same table as the log tells it, after changes of it were taken.
    pub(crate) fn told(&self, relation: &Relation) -> Self {
        let told = relation.columns.iter().map(|column| {
            let known = self.column(&column.name).filter(|known| known.is_of_type(column.data_type, column.modifier));
            known.cloned().unwrap_or_else(|| ShapeColumn {
                name: column.name.clone(),
                data_type: column.data_type,
                modifier: column.modifier,
                number: 0,
                declared_by: 0,
                is_filled: false,
            })
        });
        Self { columns: told.collect(), ..self.clone() }
    }

    /// As the log tells of tables. Which columns identify a row is not of interest.
    pub(crate) fn relation(&self, table: u32, schema: &str, name: &str) -> Relation {
        let columns = self.columns.iter().map(|column| RelationColumn {
            name: column.name.clone(),
            is_identity: false,
            data_type: column.data_type,
            modifier: column.modifier,
        });
        Relation { table, schema: schema.to_owned(), name: name.to_owned(), columns: columns.collect() }
    }

    /// Why the rows that were read when the table looked so are not those that it has now, whatever the log tells: in words
    /// that continue “all of it is read again:”.
    pub(crate) fn gap(&self, now: &Self) -> Option<String> {
        now.columns.iter().find_map(|column| self.column_gap(column)).or_else(|| {
            let is_redeclared = |column: &ShapeColumn| {
                self.column(&column.name).is_some_and(|known| known.declared_by != column.declared_by)
            };
            // One whose default is gone has its values in the rows alone.
            let is_new = |column: &ShapeColumn| self.column(&column.name).is_none_or(|known| known.number == 0);
            let is_other = |column: &ShapeColumn| is_new(column) || is_redeclared(column);
            if self.file != now.file && now.columns.iter().any(is_other) {
                return Some("its rows were written anew when a column was changed".to_owned());
            }
            self.partition_gap(now).then(|| {
                "one of its partitions was attached, detached, emptied or written anew, which the log does not tell"
                    .to_owned()
            })
        })
    }

    fn column_gap(&self, now: &ShapeColumn) -> Option<String> {
        let name = &now.name;
        let Some(known) = self.column(name) else {
            let renamed = self.columns.iter().find(|known| known.number == now.number);
            return match renamed {
                Some(before) => Some(format!("its column `{}` is called `{name}` now", before.name)),
                None if now.is_filled => {
                    Some(format!("its column `{name}` is new and has values in rows that were there before"))
                }
                None => None,
            };
        };
        if !known.is_of_type(now.data_type, now.modifier) {
            return Some(format!("its column `{name}` has another type now"));
        }
        match known.number {
            0 => now
                .is_filled
                .then(|| format!("its column `{name}` is new and has values in rows that were there before")),
            number => (number != now.number).then(|| format!("its column `{name}` was dropped and made anew")),
        }
    }

    fn partition_gap(&self, now: &Self) -> bool {
        let find = |shape: &Self, table: u32| shape.partitions.iter().find(|known| known.table == table).cloned();
        let went = self.partitions.iter().any(|known| find(now, known.table).as_ref() != Some(known));
        let came = now.partitions.iter().any(|new| !new.is_born && find(self, new.table).is_none());
        went || came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, number: i16) -> ShapeColumn {
        ShapeColumn { name: name.to_owned(), data_type: 23, modifier: -1, number, declared_by: 700, is_filled: false }
    }

    fn shape(columns: Vec<ShapeColumn>) -> Shape {
        Shape { file: 16, columns, partitions: Vec::new() }
    }

    fn why(then: &Shape, now: &Shape) -> String {
        then.gap(now).unwrap_or_default()
    }

    #[test]
    fn what_was_done_to_columns_is_found_out() {
        let then = shape(vec![column("id", 1), column("a", 2)]);
        assert_eq!(then.gap(&then), None);
        // One more without values, one less: rows are told as they are.
        assert_eq!(then.gap(&shape(vec![column("id", 1), column("a", 2), column("b", 3)])), None);
        assert_eq!(then.gap(&shape(vec![column("id", 1)])), None);
        assert_eq!(why(&then, &shape(vec![column("id", 1), column("b", 2)])), "its column `a` is called `b` now");
        assert_eq!(
            why(&then, &shape(vec![column("id", 1), column("a", 3)])),
            "its column `a` was dropped and made anew"
        );
        let filled = ShapeColumn { is_filled: true, ..column("b", 3) };
        let with = |column: ShapeColumn| shape(vec![then.columns[0].clone(), then.columns[1].clone(), column]);
        assert!(why(&then, &with(filled.clone())).contains("`b` is new and has values"));
        let wide = ShapeColumn { data_type: 20, ..column("a", 2) };
        assert_eq!(why(&then, &shape(vec![column("id", 1), wide])), "its column `a` has another type now");
        // The log has told of a column that the catalog had not when it was asked.
        let relation = with(column("b", 0)).relation(9, "app", "t");
        let told = then.told(&relation);
        assert_eq!(told.gap(&with(column("b", 3))), None);
        assert!(why(&told, &with(filled)).contains("`b` is new and has values"));
    }

    #[test]
    fn rows_that_were_written_anew_with_other_values_are_told_from_those_that_only_moved() {
        let then = shape(vec![column("id", 1), column("a", 2)]);
        let moved = Shape { file: 17, ..then.clone() };
        assert_eq!(then.gap(&moved), None, "`vacuum full` changes no value");
        // Filled by a default that was taken away again.
        let filled = Shape { file: 17, ..shape(vec![column("id", 1), column("a", 2), column("b", 3)]) };
        assert_eq!(why(&then, &filled), "its rows were written anew when a column was changed");
        let restricted = ShapeColumn { declared_by: 800, ..column("a", 2) };
        let converted = Shape { file: 17, ..shape(vec![column("id", 1), restricted.clone()]) };
        assert_eq!(why(&then, &converted), "its rows were written anew when a column was changed");
        assert_eq!(then.gap(&shape(vec![column("id", 1), restricted])), None, "`set not null` writes no row");
    }

    #[test]
    fn partitions_come_and_go_with_their_rows() {
        let born = |table| Partition { table, attached_by: 700, is_born: true, file: table };
        let with = |partitions: &[Partition]| Shape { partitions: partitions.to_vec(), ..shape(vec![column("id", 1)]) };
        let then = with(&[born(1), born(2)]);
        assert_eq!(then.gap(&with(&[born(1), born(2), born(3)])), None, "an empty one came");
        let attached = Partition { is_born: false, ..born(3) };
        let emptied = Partition { file: 9, ..born(2) };
        let again = Partition { attached_by: 800, is_born: false, ..born(2) };
        for now in [vec![born(1)], vec![born(1), born(2), attached], vec![born(1), emptied], vec![born(1), again]] {
            assert!(why(&then, &with(&now)).starts_with("one of its partitions"), "{now:?}");
        }
    }
}
