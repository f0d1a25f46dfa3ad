//! What a column's name says, in the common forms of English, German, French, Spanish, Italian, Portuguese, Dutch.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{Class, DataFamily, Kind};

/// A name taken apart: lower-case words without accents, `customerEmail` and `customer_email` alike.
pub(super) struct Name {
    words: Vec<String>,
    joined: String,
}

/// Phrases of one or more words (as a name joins them with `_`) and the class that they speak of. The first that occurs as
/// whole words wins, so the narrower ones come first.
const PHRASES: &[(Class, &str)] = &[
    (
        Class::Secret,
        "password passwd pwd passphrase passwort kennwort contrasena mot_de_passe senha wachtwoord secret token \
         api_key apikey access_key private_key auth_key credential credentials salt otp pin totp recovery_code \
         session_key cookie encryption_key signing_key client_key client_secret master_key shared_key webhook_key \
         reset_hash reset_key activation_key license_key",
    ),
    (Class::Iban, "iban ibans iban_number iban_nr ibannummer"),
    (
        Class::PaymentCard,
        "card_number cardnumber card_no credit_card creditcard debit_card cc_number ccnum cc_num cvv cvc cvv2 \
         kreditkarte kreditkartennummer kartennummer carte_bancaire tarjeta account_number bank_account \
         kontonummer kontonr sort_code routing_number bic swift",
    ),
    (
        Class::GovernmentId,
        "nhs nhs_number nhs_no social_insurance social_insurance_number ssn social_security social_security_number sozialversicherungsnummer national_id nin nino \
         national_insurance ni_number ni_key passport passport_number reisepass passnummer tax_id tin tax_number steuernummer \
         steuer_id steuerid personalausweis ausweisnummer id_card dni nie nif cpf codice_fiscale codicefiscale bsn \
         pesel insee nir numero_securite_sociale aadhaar driver_license drivers_license driving_licence \
         driving_license licence_number license_number fuehrerschein",
    ),
    (
        Class::CryptoAddress,
        "wallet_address wallet btc_address bitcoin_address eth_address ethereum_address crypto_address crypto_wallet",
    ),
    (
        Class::DeviceId,
        "mac_address mac_addr macaddress mac device_id deviceid imei imsi idfa idfv gaid advertising_id android_id device_token \
         hardware_address serial_of_device",
    ),
    (
        Class::Url,
        "url urls website homepage web_site web_address webseite site_web sitio_web profile_link link href referrer_url referer landing_page",
    ),
    (Class::IpAddress, "ip ip_address ipaddress ip_addr ipaddr ipv4 ipv6 remote_addr ip_adresse adresse_ip"),
    (Class::Email, "email e_mail mail email_address mailadresse emailadresse correo courriel emails"),
    (
        Class::Phone,
        "phone phones telephone tel telefon telefono telefone telefoon telefonnummer telefonnr mobile mobil \
         mobiltelefon mobilnummer handy handynummer cell cellphone celular fax msisdn rufnummer gsm portable \
         phonenumber mobilenumber whatsapp",
    ),
    (
        Class::DateOfBirth,
        "dob date_of_birth birth_date birthdate birthday birth_day born geburtsdatum geburtstag date_naissance \
         date_de_naissance fecha_nacimiento fecha_de_nacimiento data_di_nascita data_nascita data_nascimento \
         data_de_nascimento geboortedatum birth_year year_of_birth geburtsjahr",
    ),
    (
        Class::Postcode,
        "postcode post_code postal_code postalcode zip zip_code zipcode plz postleitzahl code_postal codigo_postal \
         cep cap",
    ),
    (
        Class::Coordinates,
        "lat latitude lon lng longitude geolocation geo_location geo_point coordinates coordinate coords gps \
         breitengrad laengengrad latitud longitud",
    ),
    (
        Class::Username,
        "username user_name login login_name loginname handle screen_name screenname nickname nick benutzername \
         nutzername usuario nombre_de_usuario nom_utilisateur pseudo gebruikersnaam twitter instagram skype",
    ),
    (
        Class::PersonName,
        "first_name firstname given_name givenname forename middle_name middlename last_name lastname surname \
         family_name familyname maiden_name full_name fullname vorname nachname familienname prenom nom_de_famille \
         nom_complet apellido apellidos cognome sobrenome voornaam achternaam contact_name customer_name \
         client_name person_name user_fullname display_name cardholder card_holder kontoinhaber account_holder \
         ansprechpartner recipient_name recipient author_name employee_name owner_name patient_name signature \
         fname lname kundenname",
    ),
    (
        Class::Address,
        "address addresses addr address1 address2 address_line street street_address strasse adresse anschrift \
         hausnummer house_number direccion calle rue indirizzo endereco adres straat huisnummer lieferadresse \
         rechnungsadresse shipping_address billing_address",
    ),
    (
        Class::Place,
        "city town municipality village stadt wohnort ort gemeinde ville ciudad citta cidade gemeente woonplaats plaats hometown",
    ),
];

const SPECIAL: &[(&str, &str)] = &[
    ("sex or gender", "gender sex geschlecht sexe sexo sesso geslacht pronouns salutation anrede"),
    ("religion", "religion konfession faith church"),
    ("origin", "ethnicity race ethnie nationality nationalitaet citizenship birthplace geburtsort"),
    (
        "health",
        "health disability diagnosis diagnose medical disease pregnant pregnancy allergy allergies icd blood hiv aids smoker smoking \
     depression diabetes diabetic cancer therapy treatment_plan medication prescription vaccinated vaccination symptom symptoms \
     mental bmi krankheit allergie schwanger raucher impfung medikament",
    ),
    ("political or union membership", "political party_membership union gewerkschaft"),
    ("sexual orientation", "orientation sexual"),
    ("family or income", "marital marital_status familienstand salary gehalt income einkommen wage religious"),
    ("biometrics", "biometric fingerprint face iris voice photo avatar selfie"),
];

/// Whose names are people's: `manager_name`, `delivery_name`. A bare `name` may be that of anything.
const ROLES: &str = "account_holder agent applicant author billing buyer carer caller child clerk client contact courier customer \
    delivery driver doctor emergency employee father friend guest guardian holder host invoice mother manager member nurse \
    owner parent partner passenger patient person pupil recipient referrer relative rep representative seller sender \
    shipping signatory spouse staff student subscriber supervisor teacher tenant traveller user visitor worker";

/// Words that turn a phrase for a person's trait into something else, as in `email_sent_at` or `phone_verified`.
const TURNING: &str = "at on is has count num number_of verified confirmed enabled status type sent opened opt optin consent \
    subscribed date time template campaign bounced valid flag id";

const MEASURES: &str = "amount price total subtotal qty quantity count cost discount tax vat fee rate percent percentage ratio revenue \
    margin stock on_hand reserved size volume volume_ml weight_g duration seconds minutes hours days rank position \
    priority version sequence year month day week quarter betrag preis menge anzahl summe kosten rabatt steuer \
    prix montant quantite precio cantidad prezzo quantita cents threshold limit capacity lead_time abv vintage \
    line units";

const EVENT_DATES: &str = "at on date time timestamp ts created updated modified deleted ordered shipped delivered opened closed started \
    ended start end since until from to due datum zeitpunkt day month week valid expires expiry snapshot";

const LABELS: &str = "status state type kind category channel currency language locale country country_code market platform device \
    browser os unit level tier segment source medium method event event_type event_name color colour size brand \
    varietal code region timezone priority stage sku typ art farbe land sprache waehrung pais pays estado etat \
    tipo categoria";

const FREE_TEXT: &str = "comment comments note notes message messages body remark remarks bemerkung bemerkungen notiz notizen kommentar \
    anmerkung feedback review content subject text description beschreibung commentaire comentario nota opmerking \
    transcript bio about memo instructions reason details question answer chat search_term query";

impl Name {
    pub(super) fn new(name: &str) -> Self {
        let plain: String =
            name.nfd().filter(|letter| !is_combining_mark(*letter)).collect::<String>().replace('ß', "ss");
        let mut words = vec![String::new()];
        let letters: Vec<char> = plain.chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| letters[at]);
            let after = letters.get(at + 1);
            let begins = letter.is_uppercase()
                && (before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit())
                    || (before.is_some_and(char::is_uppercase) && after.is_some_and(|after| after.is_lowercase())));
            if begins || !letter.is_alphanumeric() {
                words.push(String::new());
            }
            if letter.is_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.extend(letter.to_lowercase());
            }
        }
        words.retain(|word| !word.is_empty());
        let joined = words.join("_");
        Self { words, joined }
    }

    /// Whether the phrase occurs as whole words.
    fn has(&self, phrase: &str) -> bool {
        let text = self.joined.as_bytes();
        self.joined.match_indices(phrase).any(|(at, _)| {
            let end = at + phrase.len();
            (at == 0 || text[at - 1] == b'_') && (end == text.len() || text[end] == b'_')
        })
    }

    fn has_any(&self, phrases: &str) -> bool {
        phrases.split_whitespace().any(|phrase| self.has(phrase))
    }

    /// The class of personal data that the name speaks of, for types that can hold it.
    pub(super) fn sensitive(&self, family: DataFamily) -> Option<Class> {
        let class = match PHRASES.iter().find(|(_, phrases)| self.has_any(phrases)) {
            Some((class, _)) => class,
            None if self.is_name_of_somebody() => &Class::PersonName,
            None => return None,
        };
        if family == DataFamily::Boolean || (family == DataFamily::Timestamp && *class != Class::DateOfBirth) {
            return None;
        }
        let numeric = matches!(family, DataFamily::Float | DataFamily::Decimal | DataFamily::Date);
        if numeric && !matches!(class, Class::Coordinates | Class::DateOfBirth) {
            return None;
        }
        let last = self.words.last().map_or("", String::as_str);
        let turned = is_in(TURNING, last) && !PHRASES.iter().any(|(_, phrases)| is_in(phrases, &self.joined));
        let whole = *class == Class::DateOfBirth || *class == Class::GovernmentId || *class == Class::Secret;
        (!turned || whole).then(|| class.clone())
    }

    fn is_name_of_somebody(&self) -> bool {
        let last = self.words.last().map_or("", String::as_str);
        matches!(last, "name" | "names") && self.words.iter().any(|word| is_in(ROLES, word))
    }

    /// The special category of personal data (GDPR, article 9) or similar that the name speaks of.
    pub(super) fn special_category(&self) -> Option<&'static str> {
        SPECIAL.iter().find(|(_, phrases)| self.has_any(phrases)).map(|(topic, _)| *topic)
    }

    /// Whether the name says that values are something else than they look: days of events that lie decades apart, kinds of things that
    /// are called as people and towns are.
    pub(super) fn explains_away(&self, kind: Kind) -> bool {
        match kind {
            Kind::DateOfBirth => self.is_event_date(),
            Kind::PersonName | Kind::Place => self.is_label() || self.is_measure(),
            Kind::UkNhs | Kind::CaSin | Kind::UsRouting => self.is_identifier() && self.words.len() > 1,
            _ => false,
        }
    }

    /// Technical keys: `id`, `order_id`, `uuid`, `external_ref`.
    pub(super) fn is_identifier(&self) -> bool {
        let last = self.words.last().map_or("", String::as_str);
        matches!(last, "id" | "ids" | "uuid" | "guid" | "pk" | "fk" | "sku" | "ean" | "gtin" | "upc" | "isbn")
            || self.has_any("external_ref reference_number order_number invoice_number auftragsnummer")
    }

    /// What may be a technical key, and in text as well a secret or a fingerprint of one: `signing_key`, `reset_hash`.
    pub(super) fn is_key_or_hash(&self) -> bool {
        let last = self.words.last().map_or("", String::as_str);
        matches!(last, "key" | "keys" | "hash" | "digest" | "signature" | "seed" | "salt")
    }

    /// Numbers that count or measure things.
    pub(super) fn is_measure(&self) -> bool {
        self.has_any(MEASURES)
    }

    /// Days and times of events.
    pub(super) fn is_event_date(&self) -> bool {
        self.has_any(EVENT_DATES)
    }

    /// Kinds and states.
    pub(super) fn is_label(&self) -> bool {
        self.has_any(LABELS)
    }

    /// What people type.
    pub(super) fn is_free_text(&self) -> bool {
        self.has_any(FREE_TEXT)
    }
}

fn is_in(phrases: &str, word: &str) -> bool {
    phrases.split_whitespace().any(|phrase| phrase == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for name in ["customerEmail", "customer_email", "CUSTOMER-EMAIL", "Customer E-Mail", "CustomerEMail"] {
            assert_eq!(Name::new(name).sensitive(DataFamily::Text), Some(Class::Email), "{name}");
        }
        assert_eq!(Name::new("Straße").sensitive(DataFamily::Text), Some(Class::Address));
        assert_eq!(Name::new("prénom").sensitive(DataFamily::Text), Some(Class::PersonName));
        assert_eq!(Name::new("clientIPAddress").sensitive(DataFamily::Text), Some(Class::IpAddress));
    }

    #[test]
    fn a_word_within_a_word_says_nothing() {
        for name in ["shipping", "description", "platform", "telling", "mailbox_size", "email_verified", "phone_type"] {
            assert_eq!(Name::new(name).sensitive(DataFamily::Text), None, "{name}");
        }
        assert_eq!(Name::new("email_sent_at").sensitive(DataFamily::Timestamp), None);
    }
}
