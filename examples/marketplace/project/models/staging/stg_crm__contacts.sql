-- One row for each person in the CRM: the newest contact of an address.
with numbered as (

    select
        contact_id,
        email,
        phone,
        birthday as birth_month,
        lifecycle_stage,
        loyalty_number,
        lifetime_value as lifetime_value_from,
        is_test,
        created_on,
        row_number() over (partition by email order by created_on desc, contact_id) as place
    from {{ source('crm', 'contacts') }}

)

select
    contact_id,
    email,
    phone,
    birth_month,
    lifecycle_stage,
    loyalty_number,
    lifetime_value_from,
    is_test,
    created_on
from numbered
where place = 1
