#include "aws/credentials.h"
#include "base/mem.h"

enum { KEY_ID_MAX = 128, SECRET_MAX = 512, TOKEN_MAX = 16384, ACCOUNT_DIGITS = 12 };

void kin__credentials_wipe(void *block, size_t n)
{
	volatile unsigned char *at = block;

	while (n--)
		*at++ = 0;
}

void kin__credentials_init(struct kin__credentials *credentials)
{
	*credentials = (struct kin__credentials){ .source = "" };
}

static void wipe_text(char *text)
{
	if (text)
		kin__mem_wipe_free(text, strlen(text));
}

void kin__credentials_fini(struct kin__credentials *credentials)
{
	wipe_text(credentials->access_key_id);
	wipe_text(credentials->secret_access_key);
	wipe_text(credentials->session_token);
	wipe_text(credentials->account_id);
	kin__credentials_init(credentials);
}

bool kin__credentials_present(const struct kin__credentials *credentials)
{
	return credentials->access_key_id && credentials->secret_access_key;
}

/* The bytes of a header value without blanks; `but` lists what is refused besides. */
static bool clean(struct kin__span text, size_t max, const char *but)
{
	if (text.n > max)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] <= 0x20 || text.at[i] >= 0x7f || strchr(but, text.at[i]))
			return false;
	return true;
}

static bool is_account(struct kin__span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.n == 0 || text.n == ACCOUNT_DIGITS;
}

/* NULL: all is well; else what is wrong; %1 stands for the source, no value is shown. */
static const char *problem(struct kin__span id, struct kin__span secret, struct kin__span token,
                           struct kin__span account)
{
	if (id.n == 0)
		return "the access key id from %1 is missing";
	if (secret.n == 0)
		return "the secret access key from %1 is missing";
	if (!clean(id, KEY_ID_MAX, "/,"))
		return "the access key id from %1 has a blank, ',', '/' or control character, or more than "
		       "128 characters";
	if (!clean(secret, SECRET_MAX, ""))
		return "the secret access key from %1 has a blank or control character, or more than 512 "
		       "characters";
	if (!clean(token, TOKEN_MAX, ""))
		return "the session token from %1 has a blank or control character, or more than 16384 "
		       "characters";
	if (!is_account(account))
		return "the account id from %1 is not twelve digits";
	return NULL;
}

static bool put(char **to, struct kin__span text)
{
	if (text.n == 0)
		return true;
	*to = kin__mem_text_n(text.at, text.n);
	return *to != NULL;
}

int kin__credentials_set(struct kin__credentials *credentials, struct kin__span access_key_id,
                         struct kin__span secret_access_key, struct kin__span session_token,
                         struct kin__span account_id, const char *source, struct kin__reason *reason)
{
	const char *wrong = problem(access_key_id, secret_access_key, session_token, account_id);
	struct kin__credentials made;

	if (wrong) {
		kin__reason_say(reason, wrong, kin__span_text(source), kin__span(NULL, 0),
		                kin__span(NULL, 0));
		return KIN__AWS_REFUSED;
	}
	kin__credentials_init(&made);
	made.source = source;
	if (!put(&made.access_key_id, access_key_id) || !put(&made.secret_access_key, secret_access_key) ||
	    !put(&made.session_token, session_token) || !put(&made.account_id, account_id)) {
		kin__credentials_fini(&made);
		kin__reason_text(reason, "out of memory");
		return KIN__AWS_NOMEM;
	}
	kin__credentials_fini(credentials);
	*credentials = made;
	return KIN__AWS_OK;
}

int kin__credentials_copy(struct kin__credentials *to, const struct kin__credentials *from)
{
	struct kin__credentials made;

	kin__credentials_init(&made);
	made.source = from->source;
	made.expires_ms = from->expires_ms;
	if (!put(&made.access_key_id, kin__span_text(from->access_key_id)) ||
	    !put(&made.secret_access_key, kin__span_text(from->secret_access_key)) ||
	    !put(&made.session_token, kin__span_text(from->session_token)) ||
	    !put(&made.account_id, kin__span_text(from->account_id))) {
		kin__credentials_fini(&made);
		return KIN__AWS_NOMEM;
	}
	kin__credentials_fini(to);
	*to = made;
	return KIN__AWS_OK;
}
