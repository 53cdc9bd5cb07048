#include "aws/profile.h"
#include "base/mem.h"
#include "wire/ini.h"
#include "aws/credentials.h"

static const struct kin__span none = { NULL, 0 };

void kin__profile_init(struct kin__profile *profile)
{
	memset(profile, 0, sizeof(*profile));
	kin__arena_init(&profile->arena);
}

static void wipe(struct kin__ini_entry *entry)
{
	for (; entry; entry = entry->next)
		if (entry->value.n)
			kin__credentials_wipe((char *)entry->value.at, entry->value.n);
}

void kin__profile_fini(struct kin__profile *profile)
{
	wipe(profile->config);
	wipe(profile->credentials);
	kin__arena_fini(&profile->arena);
	kin__mem_free(profile->name);
	kin__profile_init(profile);
}

static struct kin__span unquote(struct kin__span text)
{
	if (text.n >= 2 && (text.at[0] == '"' || text.at[0] == '\'') && text.at[text.n - 1] == text.at[0])
		return kin__span(text.at + 1, text.n - 2);
	return text;
}

/* Is `section` "kind name", the name perhaps in quotes?  kind "": the name alone. */
static bool section_is(struct kin__span section, const char *kind, struct kin__span name)
{
	size_t n = strlen(kind);

	if (n > 0) {
		if (section.n <= n || memcmp(section.at, kind, n) != 0 ||
		    (section.at[n] != ' ' && section.at[n] != '\t'))
			return false;
		section = kin__span_trim(kin__span(section.at + n, section.n - n));
	}
	return kin__span_same(unquote(section), name);
}

static bool has(const struct kin__ini_entry *entry, const char *kind, struct kin__span name)
{
	for (; entry; entry = entry->next)
		if (section_is(entry->section, kind, name))
			return true;
	return false;
}

/* Two spellings of one section are one section: the last entry of the list wins. */
static struct kin__span find(const struct kin__ini_entry *entry, const char *kind, struct kin__span name,
                             const char *sub, const char *key)
{
	struct kin__span value = none;

	for (; entry; entry = entry->next)
		if (section_is(entry->section, kind, name) && kin__span_is(entry->sub, sub) &&
		    kin__span_is(entry->key, key))
			value = entry->value;
	return value;
}

/* In the config file [profile default] hides [default]; any other profile has the prefix. */
static const char *config_kind(const struct kin__profile *profile, struct kin__span name)
{
	if (kin__span_is(name, "default") && !has(profile->config, "profile", name))
		return "";
	return "profile";
}

int kin__profile_load(struct kin__profile *profile, struct kin__span config, struct kin__span credentials,
                      struct kin__span name, struct kin__reason *reason)
{
	bool named = name.n > 0;

	kin__profile_fini(profile);
	if (!named)
		name = kin__span_text("default");
	profile->name = kin__mem_text_n(name.at, name.n);
	if (!profile->name || kin__ini_parse(&profile->arena, config.at, config.n, &profile->config) < 0 ||
	    kin__ini_parse(&profile->arena, credentials.at, credentials.n, &profile->credentials) < 0) {
		kin__profile_fini(profile);
		kin__reason_text(reason, "out of memory");
		return KIN__AWS_NOMEM;
	}
	profile->found = has(profile->config, config_kind(profile, name), name) ||
	                 has(profile->credentials, "", name);
	if (named && !profile->found && !kin__span_is(name, "default")) {
		kin__reason_say(reason,
		                "profile \"%1\" does not exist: neither the AWS config file has [profile %1] "
		                "nor "
		                "the credentials file [%1]",
		                name, none, none);
		kin__profile_fini(profile);
		return KIN__AWS_REFUSED;
	}
	return KIN__AWS_OK;
}

struct kin__span kin__profile_nested(const struct kin__profile *profile, const char *section, const char *key)
{
	struct kin__span name = kin__span_text(profile->name), value;

	if (!profile->name)
		return none;
	value = find(profile->credentials, "", name, section, key);
	if (value.n)
		return value;
	return find(profile->config, config_kind(profile, name), name, section, key);
}

struct kin__span kin__profile_get(const struct kin__profile *profile, const char *key)
{
	return kin__profile_nested(profile, "", key);
}

struct kin__span kin__profile_service(const struct kin__profile *profile, const char *service,
                                      const char *key)
{
	struct kin__span services = kin__profile_get(profile, "services");

	return services.n ? find(profile->config, "services", services, service, key) : none;
}
