{{ config(materialized='table') }}
select cities.country, customers.city, count(*) as customers
from {{ ref('stg_customers') }} as customers
left join {{ ref('cities') }} as cities on lower(cities.city) = lower(customers.city)
group by 1, 2
