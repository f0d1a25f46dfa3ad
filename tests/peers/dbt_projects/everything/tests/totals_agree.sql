{{ config(tags=['totals'], severity='error') }}
-- What finance sees and what the orders say are the same money.
with orders as (select sum(total_cents) as cents from {{ ref('orders') }}),
finance as (select sum(revenue_cents) as cents from {{ ref('revenue_by_month') }})
select orders.cents, finance.cents as finance_cents
from orders cross join finance
where orders.cents <> finance.cents
