//! `right|full join … using (k)`: the merged `k` is the right table's value, or that of the table that has
//! one. DataFusion would take the left table's, which is NULL where only the right one has a row: so the
//! join gets a condition, every unqualified `k` its value, and `*` the columns that PostgreSQL would give.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Distinct, ExcludeSelectItem, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, OrderBy,
    OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor, TableWithJoins,
    VisitMut, WildcardAdditionalOptions,
};

use super::build::{binary, call, place};
use super::using::{Qualifier, folded, name_of};
use crate::{SqlError, SqlErrorKind};

/// One item of `from`: its merged columns in PostgreSQL's order, and its tables with the columns that are
/// among the merged ones.
struct Item {
    merged: Vec<(String, Expr)>,
    tables: Vec<(Vec<Ident>, BTreeSet<String>)>,
}

/// Whether `select` has such a join.
pub(super) fn is_there(select: &Select) -> bool {
    select.from.iter().any(|table| table.joins.iter().any(keeps_right_rows) || nested(&table.relation))
}

/// Whether `select` has `*` over other joins with merged columns.
fn has_star(select: &Select) -> bool {
    let plain = |options: &WildcardAdditionalOptions| refuse_options(options).is_ok();
    select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(options) if plain(options)))
        && select.from.iter().any(|table| {
            table.joins.iter().any(|join| matches!(constraint(&join.join_operator), Some(JoinConstraint::Using(_))))
        })
}

/// Gives `*` over joins with merged columns PostgreSQL's order: these come first. `false` when which tables they are
/// from is not clear without knowing the tables: there, they stay where the first table has them.
pub(super) fn expand_star(select: &mut Select) -> bool {
    if !has_star(select) {
        return false;
    }
    let mut expanded = select.clone();
    let done = rewrite(&mut expanded).is_ok();
    if done {
        *select = expanded;
    }
    done
}

/// Qualifies `order by` of a query over such joins. The names of output columns stay as they are.
pub(super) fn qualify_order(query: &mut Query) -> Result<(), SqlError> {
    let SetExpr::Select(select) = query.body.as_ref() else { return Ok(()) };
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by else { return Ok(()) };
    let items = match select.from.clone().iter_mut().map(resolve).collect::<Result<Vec<_>, _>>() {
        _ if !is_there(select) && !has_star(select) => return Ok(()),
        Err(_) if !is_there(select) => return Ok(()),
        items => items?,
    };
    let merged = items.iter().flat_map(|item| item.merged.iter().cloned()).collect();
    for key in keys {
        if matches!(&key.expr, Expr::Identifier(ident) if is_output(select, &folded(ident))) {
            continue;
        }
        let _: ControlFlow<()> = key.expr.visit(&mut Qualifier { merged: &merged, depth: 0 });
    }
    Ok(())
}

fn is_output(select: &Select, name: &str) -> bool {
    select.projection.iter().any(|item| match item {
        SelectItem::Wildcard(_) => true,
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => folded(ident) == name,
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(folded).as_deref() == Some(name),
        SelectItem::ExprWithAlias { alias, .. } => folded(alias) == name,
        _ => false,
    })
}

/// Rewrites the joins and everything that names a merged column.
pub(super) fn rewrite(select: &mut Select) -> Result<(), SqlError> {
    let items = select.from.iter_mut().map(resolve).collect::<Result<Vec<_>, _>>()?;
    let merged = items.iter().flat_map(|item| item.merged.iter().cloned()).collect();
    let mut projection = Vec::with_capacity(select.projection.len());
    let mut qualifier = Qualifier { merged: &merged, depth: 0 };
    for mut item in std::mem::take(&mut select.projection) {
        match &item {
            SelectItem::Wildcard(options) => {
                refuse_options(options)?;
                projection.extend(items.iter().flat_map(Item::columns));
                continue;
            }
            SelectItem::UnnamedExpr(Expr::Identifier(ident)) => {
                let alias = Ident::with_quote('"', folded(ident));
                if let Some(value) = merged.get(&alias.value) {
                    item = SelectItem::ExprWithAlias { expr: value.clone(), alias };
                }
            }
            _ => {
                let _: ControlFlow<()> = item.visit(&mut qualifier);
            }
        }
        projection.push(item);
    }
    select.projection = projection;
    let _: ControlFlow<()> = select.selection.visit(&mut qualifier);
    let _: ControlFlow<()> = select.group_by.visit(&mut qualifier);
    let _: ControlFlow<()> = select.having.visit(&mut qualifier);
    let _: ControlFlow<()> = select.named_window.visit(&mut qualifier);
    let _: ControlFlow<()> = select.qualify.visit(&mut qualifier);
    if let Some(Distinct::On(keys)) = &mut select.distinct {
        let _: ControlFlow<()> = keys.visit(&mut qualifier);
    }
    Ok(())
}

/// Gives the joins of one item their conditions.
fn resolve(table: &mut TableWithJoins) -> Result<Item, SqlError> {
    if nested(&table.relation) {
        return Err(unclear("a right or full join … using in parentheses is not supported", &table.relation)
            .with_hint("write the joins one after the other, or on a.k = b.k with coalesce(a.k, b.k)"));
    }
    let first = name_of(&table.relation);
    let has_using = table.joins.iter().any(|join| keeps_right_rows(join) || merges(join));
    let mut item = Item { merged: vec![], tables: vec![] };
    match first {
        Some(first) => item.tables.push((first, BTreeSet::new())),
        None => return Err(nameless(&table.relation)),
    }
    for join in &mut table.joins {
        let Some(right) = name_of(&join.relation) else { return Err(nameless(&join.relation)) };
        item.tables.push((right, BTreeSet::new()));
        if !has_using {
            continue;
        }
        let keeps_left = !keeps_right_rows(join);
        let is_full = matches!(join.join_operator, JoinOperator::FullOuter(_));
        let Some(constraint) = constraint_of(&mut join.join_operator) else { continue };
        match constraint {
            JoinConstraint::Using(columns) => {
                let mut names = Vec::with_capacity(columns.len());
                for column in columns.iter() {
                    let Some(name) = column.0.last().and_then(|part| part.as_ident()) else { continue };
                    names.push(folded(name));
                }
                let condition = item.merge(&names, keeps_left, is_full, &join.relation)?;
                *constraint = JoinConstraint::On(condition);
            }
            JoinConstraint::Natural => {
                return Err(unclear("natural join beside a right or full join is not supported", &join.relation)
                    .with_hint("write join … using (…) with the common columns"));
            }
            JoinConstraint::On(condition) => {
                let merged = item.merged.iter().cloned().collect();
                let _: ControlFlow<()> = condition.visit(&mut Qualifier { merged: &merged, depth: 0 });
            }
            JoinConstraint::None => {}
        }
    }
    Ok(item)
}

impl Item {
    /// Merges `names` of the last table with those before it, and gives the condition of the join.
    fn merge(
        &mut self,
        names: &[String],
        keeps_left: bool,
        is_full: bool,
        place_of: &TableFactor,
    ) -> Result<Expr, SqlError> {
        let last = self.tables.len() - 1;
        let mut merged = Vec::with_capacity(names.len());
        let mut condition: Option<Expr> = None;
        for name in names {
            let left = match self.merged.iter().position(|(known, _)| known == name) {
                Some(known) => self.merged.remove(known).1,
                // two tables: it can only be the first one's
                None if last == 1 => {
                    self.tables[0].1.insert(name.clone());
                    column(&self.tables[0].0, name)
                }
                None => {
                    return Err(unclear(&format!("which table before this join has {name} is not clear"), place_of)
                        .with_hint(format!("write on a.{name} = b.{name} instead of using ({name})")));
                }
            };
            let right = column(&self.tables[last].0, name);
            self.tables[last].1.insert(name.clone());
            let equal = binary(left.clone(), BinaryOperator::Eq, right.clone());
            condition = Some(match condition {
                Some(condition) => binary(condition, BinaryOperator::And, equal),
                None => equal,
            });
            let value = match (keeps_left, is_full) {
                (true, _) => left,
                (false, true) => call("coalesce", vec![left, right]),
                (false, false) => right,
            };
            merged.push((name.clone(), value));
        }
        merged.append(&mut self.merged);
        self.merged = merged;
        condition.ok_or_else(|| unclear("using () needs a column", place_of))
    }

    /// What `*` stands for: merged columns first, then the others, table by table.
    fn columns(&self) -> Vec<SelectItem> {
        let merged = self.merged.iter().map(|(name, value)| SelectItem::ExprWithAlias {
            expr: value.clone(),
            alias: Ident::with_quote('"', name.clone()),
        });
        let rest = self.tables.iter().map(|(table, without)| {
            let quoted = |name: &String| ObjectName::from(vec![Ident::with_quote('"', name.clone())]);
            let exclude =
                (!without.is_empty()).then(|| ExcludeSelectItem::Multiple(without.iter().map(quoted).collect()));
            SelectItem::QualifiedWildcard(
                SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(table.clone())),
                WildcardAdditionalOptions { opt_exclude: exclude, ..WildcardAdditionalOptions::default() },
            )
        });
        merged.chain(rest).collect()
    }
}

fn column(table: &[Ident], name: &str) -> Expr {
    let mut parts = table.to_vec();
    parts.push(Ident::with_quote('"', name));
    Expr::CompoundIdentifier(parts)
}

fn constraint_of(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => Some(constraint),
        _ => None,
    }
}

fn merges(join: &Join) -> bool {
    matches!(constraint(&join.join_operator), Some(JoinConstraint::Using(_)))
}

fn keeps_right_rows(join: &Join) -> bool {
    matches!(
        &join.join_operator,
        JoinOperator::Right(JoinConstraint::Using(_) | JoinConstraint::Natural)
            | JoinOperator::RightOuter(JoinConstraint::Using(_) | JoinConstraint::Natural)
            | JoinOperator::FullOuter(JoinConstraint::Using(_) | JoinConstraint::Natural)
    ) || nested(&join.relation)
}

/// Whether such a join stands in parentheses.
fn nested(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::NestedJoin { table_with_joins, .. } => {
            nested(&table_with_joins.relation) || table_with_joins.joins.iter().any(keeps_right_rows)
        }
        _ => false,
    }
}

fn refuse_options(options: &WildcardAdditionalOptions) -> Result<(), SqlError> {
    if options.opt_exclude.is_none() && options.opt_except.is_none() && options.opt_replace.is_none() {
        return Ok(());
    }
    Err(SqlError::new(SqlErrorKind::Unsupported, "* exclude over a right or full join … using is not supported")
        .with_hint("name the columns"))
}

fn nameless(factor: &TableFactor) -> SqlError {
    unclear("a table beside a right or full join … using has no name", factor).with_hint("give it one: … as t")
}

fn unclear(message: &str, at: &TableFactor) -> SqlError {
    SqlError::new(SqlErrorKind::Unsupported, message).at(place(at))
}
