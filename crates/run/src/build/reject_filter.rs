//! A choice of rejects.

/// Which rejects are meant; what is not said means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// Of tables of this source.
    pub source: Option<String>,
    /// Of tables of this name.
    pub table: Option<String>,
    /// What is broken: a kind of drift (`retyped_column`), that of one column (`retyped_column(price)`), or a rule's name.
    pub rule: Option<String>,
    /// That came with this batch.
    pub batch: Option<String>,
}

impl RejectFilter {
    /// Whether rejects of this table are meant.
    pub(crate) fn takes(&self, source: &str, table: &str) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        is(&self.source, source) && is(&self.table, table)
    }

    /// What is said beside the table, as SQL conditions over columns of these names.
    pub(crate) fn conditions(&self, rule: &str, batch: &str) -> Vec<String> {
        let quoted = |text: &String| text.replace('\'', "''");
        let of_rule = self.rule.as_ref().map(|wanted| {
            let wanted = quoted(wanted);
            // Several may be broken at once: `newly_nullable(email), retyped_column(price)`.
            format!(
                "(', ' || {rule} || ',' like '%, ' || replace(replace('{wanted}', '%', '\\%'), '_', '\\_') || ',%' \
                 or ', ' || {rule} like '%, ' || replace(replace('{wanted}', '%', '\\%'), '_', '\\_') || '(%')"
            )
        });
        let of_batch = self.batch.as_ref().map(|wanted| format!("{batch} = '{}'", quoted(wanted)));
        of_rule.into_iter().chain(of_batch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_means_all() {
        assert!(RejectFilter::default().takes("app", "orders"));
        assert!(RejectFilter::default().conditions("r", "b").is_empty());
        let filter =
            RejectFilter { source: Some("app".to_owned()), batch: Some("it's".to_owned()), ..RejectFilter::default() };
        assert!(filter.takes("app", "orders") && !filter.takes("shop", "orders"));
        assert_eq!(filter.conditions("r", "b"), ["b = 'it''s'"]);
    }
}
