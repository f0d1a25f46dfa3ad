//! Where the columns of an operator come from.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::buffer::BufferExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::build_join_schema;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;

/// The expression over the columns of `node` as one over those of its child at `place`; nothing when that child does not
/// have them, or when DataFusion hands no filters through such an operator.
pub(super) fn through(
    node: &Arc<dyn ExecutionPlan>,
    place: usize,
    expression: &Arc<dyn PhysicalExpr>,
) -> Option<Arc<dyn PhysicalExpr>> {
    let child = node.children().get(place)?.schema();
    let column = |index: usize| Some(Arc::new(Column::new(child.fields().get(index)?.name(), index)) as _);
    if let Some(filter) = node.downcast_ref::<FilterExec>() {
        return replaced(expression, &|given| match filter.projection() {
            Some(projection) => column(*projection.get(given.index())?),
            None => column(given.index()),
        });
    }
    if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
        return replaced(expression, &|given| Some(Arc::clone(&projection.expr().get(given.index())?.expr)));
    }
    if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
        return replaced(expression, &|given| Some(Arc::clone(&aggregate.group_expr().expr().get(given.index())?.0)));
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        return replaced(expression, &|given| of_join(join, place, given.index()));
    }
    let is_same = node.downcast_ref::<RepartitionExec>().is_some()
        || node.downcast_ref::<CoalescePartitionsExec>().is_some()
        || node.downcast_ref::<SortExec>().is_some()
        || node.downcast_ref::<UnionExec>().is_some()
        || node.downcast_ref::<BufferExec>().is_some()
        || node.downcast_ref::<CooperativeExec>().is_some();
    is_same.then(|| replaced(expression, &|given| column(given.index())))?
}

/// What the join's column at `index` is in its child at `place`.
fn of_join(join: &HashJoinExec, place: usize, index: usize) -> Option<Arc<dyn PhysicalExpr>> {
    let (_, origins) = build_join_schema(&join.left().schema(), &join.right().schema(), join.join_type());
    let index = match &join.projection {
        Some(projection) => *projection.get(index)?,
        None => index,
    };
    let origin = origins.get(index)?;
    let (side, child) =
        if place == 0 { (JoinSide::Left, join.left().schema()) } else { (JoinSide::Right, join.right().schema()) };
    if origin.side == side {
        return Some(Arc::new(Column::new(child.fields().get(origin.index)?.name(), origin.index)));
    }
    // Each row of a semi join has a partner whose keys are equal.
    matches!(join.join_type(), JoinType::LeftSemi | JoinType::RightSemi).then_some(())?;
    join.on().iter().find_map(|(left, right)| {
        let (here, there) = if place == 0 { (left, right) } else { (right, left) };
        (there.downcast_ref::<Column>()?.index() == origin.index).then(|| Arc::clone(here))
    })
}

/// The expression with something in place of each column; nothing when there is nothing for one.
pub(super) fn replaced(
    expression: &Arc<dyn PhysicalExpr>,
    by: &dyn Fn(&Column) -> Option<Arc<dyn PhysicalExpr>>,
) -> Option<Arc<dyn PhysicalExpr>> {
    let mut is_complete = true;
    let replaced = Arc::clone(expression).transform_up(|part| {
        let Some(column) = part.downcast_ref::<Column>() else { return Ok(Transformed::no(part)) };
        let Some(other) = by(column) else {
            is_complete = false;
            return Ok(Transformed::no(part));
        };
        Ok(Transformed::yes(other))
    });
    replaced.data().ok().filter(|_| is_complete)
}

/// Whether two expressions over the same columns are equal, whatever the columns are called.
pub(super) fn is_same(one: &Arc<dyn PhysicalExpr>, other: &Arc<dyn PhysicalExpr>) -> bool {
    let nameless = |expression| replaced(expression, &|column| Some(Arc::new(Column::new("", column.index()))));
    nameless(one).is_some_and(|one| nameless(other).is_some_and(|other| one == other))
}
