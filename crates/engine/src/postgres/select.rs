//! Forms of `group by` and `distinct on` that DataFusion takes otherwise.

use sqlparser::ast::{Distinct, Expr, GroupByExpr, Select, SelectItem, Value};

/// `group by (a, b)` groups by `a` and `b`.
pub(super) fn flatten_groups(select: &mut Select) {
    let GroupByExpr::Expressions(keys, _) = &mut select.group_by else { return };
    let flat = std::mem::take(keys).into_iter().flat_map(|key| match key {
        Expr::Tuple(parts) => parts,
        other => vec![other],
    });
    *keys = flat.collect();
}

/// `distinct on (1)` is about the first output.
pub(super) fn resolve_distinct_places(select: &mut Select) {
    let Some(Distinct::On(keys)) = &mut select.distinct else { return };
    for key in keys {
        let Expr::Value(value) = &*key else { continue };
        let Value::Number(digits, _) = &value.value else { continue };
        let place = digits.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        if let Some(SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) =
            place.and_then(|place| select.projection.get(place))
        {
            *key = expr.clone();
        }
    }
}
