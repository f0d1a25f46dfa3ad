{{
    config(
        materialized = 'table',
        tags = ['monthly', 'money'],
        meta = {'reviewed': true}
    )
}}
select
    cast(date_trunc('month', ordered_on) as date) as month,
    extract(year from ordered_on) as year,
    sum(total_cents) as revenue_cents,
    count(distinct customer) as customers,
    sum(total_cents) filter (where quantity > 2) as bulk_cents,
    string_agg(distinct kind, ',' order by kind) as kinds
from {{ ref('orders') }}
group by 1, 2
