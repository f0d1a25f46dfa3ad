{{ config(materialized='ephemeral') }}
with seen as (
    select customer, min(ordered_on) as first_order, max(ordered_on) as last_order, count(*) as order_count
    from {{ ref('eph_priced_orders') }}
    group by customer
)
select * from seen
