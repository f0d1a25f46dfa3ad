-- Customers with their orders and tickets, joined across app and CRM without anybody's name.
with orders as (

    select
        customer_key,
        count(*) as order_count,
        sum(total_eur) as revenue_eur,
        max(order_date) as last_order_on
    from {{ ref('fct_orders') }}
    where is_counted and customer_key is not null
    group by customer_key

),

tickets as (

    select
        email,
        count(*) as ticket_count,
        sum(case when is_open then 1 else 0 end) as open_ticket_count,
        avg(cast(satisfaction as double)) as mean_satisfaction
    from {{ ref('stg_crm__tickets') }}
    group by email

)

select
    customers.customer_key,
    customers.market_id,
    customers.lifecycle_stage,
    customers.is_closed,
    customers.account_count,
    coalesce(orders.order_count, 0) as order_count,
    coalesce(round(orders.revenue_eur, 2), 0) as revenue_eur,
    orders.last_order_on,
    coalesce(tickets.ticket_count, 0) as ticket_count,
    coalesce(tickets.open_ticket_count, 0) as open_ticket_count,
    round(tickets.mean_satisfaction, 2) as mean_satisfaction
from {{ ref('dim_customer') }} as customers
left join orders on orders.customer_key = customers.customer_key
left join tickets on tickets.email = customers.email
