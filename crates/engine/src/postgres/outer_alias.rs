//! Tables under names that no column has. Inside of a subquery, DataFusion takes `customer.id` for a field of the
//! column `customer`, when one of the subquery's tables has such a column, before it looks at the tables outside.
//! A statement that fails of that is planned once more with names that cannot be columns.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement,
    TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::using::folded;

/// Renames the tables of every `from` and what names them.
pub(super) fn rename(statement: &mut Statement) {
    let _: ControlFlow<()> = statement.visit(&mut Renaming::default());
}

#[derive(Default)]
struct Renaming {
    scopes: Vec<HashMap<String, Ident>>,
    count: usize,
}

impl Renaming {
    fn of_select(&mut self, select: &mut Select) -> HashMap<String, Ident> {
        let mut scope = HashMap::new();
        for table in &mut select.from {
            self.factor(&mut table.relation, &mut scope);
            for join in &mut table.joins {
                self.factor(&mut join.relation, &mut scope);
            }
        }
        scope
    }

    fn factor(&mut self, factor: &mut TableFactor, scope: &mut HashMap<String, Ident>) {
        let (alias, name) = match factor {
            TableFactor::Table { alias, name, args: None, .. } => {
                (alias, name.0.last().and_then(|part| part.as_ident()))
            }
            TableFactor::Derived { alias, .. } => (alias, None),
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.factor(&mut table_with_joins.relation, scope);
                for join in &mut table_with_joins.joins {
                    self.factor(&mut join.relation, scope);
                }
                return;
            }
            _ => return,
        };
        let Some(known) = alias.as_ref().map(|alias| folded(&alias.name)).or_else(|| name.map(folded)) else { return };
        self.count += 1;
        let new = Ident::with_quote('"', format!("{known} {}", self.count));
        match alias {
            Some(alias) => alias.name = new.clone(),
            None => *alias = Some(TableAlias { explicit: true, name: new.clone(), columns: vec![], at: None }),
        }
        scope.insert(known, new);
    }

    fn new_name(&self, written: &Ident) -> Option<Ident> {
        let name = folded(written);
        let new = self.scopes.iter().rev().find_map(|scope| scope.get(&name))?;
        Some(Ident { span: written.span, ..new.clone() })
    }
}

impl VisitorMut for Renaming {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let scope = match query.body.as_mut() {
            SetExpr::Select(select) => self.of_select(select),
            _ => HashMap::new(),
        };
        self.scopes.push(scope);
        if let SetExpr::Select(select) = query.body.as_mut() {
            for item in &mut select.projection {
                if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
                    && let Some(new) =
                        name.0.last().and_then(|part| part.as_ident()).and_then(|part| self.new_name(part))
                {
                    *name = ObjectName::from(vec![new]);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [.., table, column] = parts.as_slice()
            && let Some(new) = self.new_name(table)
        {
            *parts = vec![new, column.clone()];
        }
        ControlFlow::Continue(())
    }
}
