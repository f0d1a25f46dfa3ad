-- One row for each person, told apart by the pseudonym of their address. Test accounts are nobody.
with numbered as (

    select
        *,
        row_number() over (partition by email order by is_migrated, created_at, customer_id) as place,
        count(*) over (partition by email) as account_count,
        min(created_at) over (partition by email) as customer_since
    from {{ ref('stg_app__customers') }}
    where not is_test

)

select
    surrogate_key(customers.email) as customer_key,
    customers.customer_id as first_customer_id,
    customers.email,
    customers.market_id,
    customers.city,
    customers.country,
    customers.postcode_area,
    cast(date_part('year', customers.birth_year) as int) as birth_year,
    customers.marketing_opt_in,
    customers.is_closed,
    customers.account_count,
    customers.customer_since,
    contacts.contact_id is not null as is_in_crm,
    contacts.lifecycle_stage,
    contacts.lifetime_value_from,
    contacts.loyalty_number is not null and contacts.loyalty_number <> '' as has_loyalty_card
from numbered as customers
left join {{ ref('stg_crm__contacts') }} as contacts on contacts.email = customers.email
where customers.place = 1
