-- Accounts that exist: those that were erased are gone, although the app's rows by change time still have them.
select
    customers.id as customer_id,
    customers.email,
    customers.first_name,
    customers.last_name,
    customers.phone,
    customers.date_of_birth as birth_year,
    customers.postcode as postcode_area,
    customers.city,
    customers.country,
    customers.market_id,
    customers.account_kind = 'test' as is_test,
    customers.marketing_opt_in,
    customers.legacy_id is not null as is_migrated,
    customers.created_at,
    customers.updated_at,
    customers.deleted_at is not null as is_closed,
    customers._ade_loaded_at as loaded_at
from {{ source('app', 'customers') }} as customers
left join {{ source('app', 'deleted_rows') }} as erased
    on erased.table_name = 'customers' and erased.row_id = customers.id
where erased.id is null
