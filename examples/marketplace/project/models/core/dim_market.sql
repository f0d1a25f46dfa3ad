select
    markets.id as market_id,
    markets.code as market_code,
    markets.city,
    markets.country,
    markets.currency,
    rates.rate_to_eur
from {{ source('app', 'markets') }} as markets
inner join {{ ref('exchange_rates') }} as rates on rates.currency = markets.currency
