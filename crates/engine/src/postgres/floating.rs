//! Operands whose common type is another in PostgreSQL than in DataFusion. Floating point beside exact numbers:
//! PostgreSQL takes both as floating point, DataFusion as a decimal of 30 digits. Texts in quotes beside values
//! of another type: PostgreSQL gives them that type. Where they meet (comparisons, `in`, `between`, `case`,
//! `coalesce` …, `union`, `values`, keys of joins) operands are cast, before DataFusion looks for a common type.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRewriter};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::{Between, Case, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, Cast, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Union, Values, cast,
};
use datafusion::optimizer::AnalyzerRule;

use super::literal::{typed, untyped};

/// Functions that give one of their arguments, or compare them.
const CHOOSING: &[&str] = &["coalesce", "greatest", "least", "make_array", "nullif", "nvl", "nvl2"];

/// Casts exact operands beside floating ones.
#[derive(Debug)]
pub(crate) struct FloatingOperands;

impl AnalyzerRule for FloatingOperands {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(rewrite_plan)?.data)
    }

    fn name(&self) -> &'static str {
        "floating_operands"
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let plan = match plan {
        LogicalPlan::Union(union) => LogicalPlan::Union(rewrite_union(union)?),
        LogicalPlan::Values(values) => rewrite_values(values)?,
        other => other,
    };
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&plan);
    let plan = plan
        .map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.rewrite(&mut Operands { schema: &schema })?.update_data(|expr| name.restore(expr)))
        })?
        .data;
    let plan = match plan {
        LogicalPlan::Join(mut join) => {
            for (left, right) in &mut join.on {
                let mut operands = [left, right];
                together(&mut operands, join.left.schema(), Some(join.right.schema()), DataType::Float64)?;
            }
            LogicalPlan::Join(join)
        }
        other => other,
    };
    Ok(Transformed::yes(plan.recompute_schema()?))
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal128(..) | DataType::Decimal256(..))
}

/// The type for all when some are floating and some are decimals: `float`, or the widest of theirs.
fn floating(types: &[DataType]) -> Option<DataType> {
    if !types.iter().any(is_decimal) {
        return None;
    }
    if types.contains(&DataType::Float64) {
        return Some(DataType::Float64);
    }
    types.iter().find(|data_type| data_type.is_floating()).cloned()
}

/// Casts the decimals of `operands` when some are floating. The last one may be of another schema.
fn together(operands: &mut [&mut Expr], schema: &DFSchema, last: Option<&DFSchema>, to: DataType) -> Result<bool> {
    let count = operands.len();
    let types = operands
        .iter()
        .enumerate()
        .map(|(index, expr)| expr.get_type(last.filter(|_| index + 1 == count).unwrap_or(schema)))
        .collect::<Result<Vec<_>>>();
    // what has no type here is told by DataFusion's own rule
    let Ok(mut types) = types else { return Ok(false) };
    let typed = type_literals(operands, &mut types)?;
    let Some(widest) = floating(&types) else { return Ok(typed) };
    let to = if to == DataType::Null { widest } else { to };
    for (expr, data_type) in operands.iter_mut().zip(&types) {
        if is_decimal(data_type) {
            **expr = cast(std::mem::take(*expr), to.clone());
        }
    }
    Ok(true)
}

/// Gives literals without a type that of the first other operand.
fn type_literals(operands: &mut [&mut Expr], types: &mut [DataType]) -> Result<bool> {
    let is_text = |data_type: &DataType| matches!(data_type, DataType::Utf8 | DataType::Utf8View | DataType::Null);
    let Some(to) = types.iter().find(|data_type| !is_text(data_type)).cloned() else { return Ok(false) };
    let mut changed = false;
    for (operand, data_type) in operands.iter_mut().zip(types) {
        if let Some(text) = untyped(operand)
            && let Some(value) = typed(text, &to)?
        {
            **operand = value;
            data_type.clone_from(&to);
            changed = true;
        }
    }
    Ok(changed)
}

struct Operands<'a> {
    schema: &'a DFSchema,
}

impl Operands<'_> {
    fn compared(&self, mut operands: Vec<&mut Expr>) -> Result<bool> {
        together(&mut operands, self.schema, None, DataType::Float64)
    }

    fn chosen(&self, mut operands: Vec<&mut Expr>) -> Result<bool> {
        together(&mut operands, self.schema, None, DataType::Null)
    }
}

impl TreeNodeRewriter for Operands<'_> {
    type Node = Expr;

    fn f_up(&mut self, mut expr: Expr) -> Result<Transformed<Expr>> {
        let changed = match &mut expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => {
                self.compared(vec![left.as_mut(), right.as_mut()])?
            }
            Expr::Between(Between { expr, low, high, .. }) => {
                self.compared(vec![expr.as_mut(), low.as_mut(), high.as_mut()])?
            }
            Expr::InList(InList { expr, list, .. }) => {
                self.compared(std::iter::once(expr.as_mut()).chain(list.iter_mut()).collect())?
            }
            Expr::Case(Case { expr: operand, when_then_expr, else_expr }) => {
                let mut changed = false;
                if let Some(operand) = operand {
                    let whens = when_then_expr.iter_mut().map(|(when, _)| when.as_mut());
                    changed = self.compared(std::iter::once(operand.as_mut()).chain(whens).collect())?;
                }
                let thens = when_then_expr.iter_mut().map(|(_, then)| then.as_mut());
                let chosen = self.chosen(thens.chain(else_expr.iter_mut().map(AsMut::as_mut)).collect())?;
                changed | chosen
            }
            Expr::ScalarFunction(ScalarFunction { func, args }) if CHOOSING.contains(&func.name()) => {
                self.chosen(args.iter_mut().collect())?
            }
            _ => false,
        };
        Ok(if changed { Transformed::yes(expr) } else { Transformed::no(expr) })
    }
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// Casts the columns of inputs that are decimals where others are floating.
fn rewrite_union(union: Union) -> Result<Union> {
    let types = |column: usize| {
        let of = |input: &Arc<LogicalPlan>| {
            (column < input.schema().fields().len()).then(|| input.schema().field(column).data_type().clone())
        };
        floating(&union.inputs.iter().filter_map(of).collect::<Vec<_>>())
    };
    let common = (0..union.schema.fields().len()).map(types).collect::<Vec<_>>();
    if common.iter().all(Option::is_none) {
        return Ok(union);
    }
    let inputs = union.inputs.iter().map(|input| {
        let columns = input.schema().iter().zip(&common).map(|((table, field), to)| {
            let column = Expr::Column(Column::new(table.cloned(), field.name()));
            match to {
                Some(to) if is_decimal(field.data_type()) => {
                    cast(column, to.clone()).alias_qualified(table.cloned(), field.name())
                }
                _ => column,
            }
        });
        Ok(Arc::new(LogicalPlanBuilder::from(input.as_ref().clone()).project(columns.collect::<Vec<_>>())?.build()?))
    });
    Union::try_new_with_loose_types(inputs.collect::<Result<_>>()?)
}

/// Values were given a common type when they were planned: those that were floating get it back.
fn rewrite_values(values: Values) -> Result<LogicalPlan> {
    let empty = DFSchema::empty();
    let inner = |expr: &Expr| match expr {
        Expr::Cast(Cast { expr, .. }) => expr.get_type(&empty).ok(),
        other => other.get_type(&empty).ok(),
    };
    let common = (0..values.schema.fields().len())
        .map(|column| {
            if !is_decimal(values.schema.field(column).data_type()) {
                return None;
            }
            floating(&values.values.iter().filter_map(|row| row.get(column).and_then(inner)).collect::<Vec<_>>())
        })
        .collect::<Vec<_>>();
    if common.iter().all(Option::is_none) {
        return Ok(LogicalPlan::Values(values));
    }
    let written = |expr: Expr, to: &Option<DataType>| match (expr, to) {
        (Expr::Cast(Cast { expr, .. }), Some(to)) => cast(*expr, to.clone()),
        (expr, Some(to)) => cast(expr, to.clone()),
        (expr, None) => expr,
    };
    let rows = values
        .values
        .into_iter()
        .map(|row| row.into_iter().zip(&common).map(|(expr, to)| written(expr, to)).collect())
        .collect();
    LogicalPlanBuilder::values(rows)?.build()
}
