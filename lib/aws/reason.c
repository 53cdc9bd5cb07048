#include "aws/reason.h"

enum { VALUE_MAX = 64 };

struct text {
	char *at;
	size_t n, room;
};

static void put(struct text *text, char c)
{
	if (text->n + 1 < text->room)
		text->at[text->n++] = c;
}

static void put_value(struct text *text, struct kin__span value)
{
	size_t n = value.n > VALUE_MAX ? VALUE_MAX : value.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)value.at[i];

		put(text, c < 0x20 || c > 0x7e ? '?' : (char)c);
	}
	for (int i = 0; n < value.n && i < 3; i++)
		put(text, '.');
}

void kin__reason_say(struct kin__reason *reason, const char *pattern, struct kin__span one,
                     struct kin__span two, struct kin__span three)
{
	struct text text = { reason->text, 0, sizeof(reason->text) };

	for (const char *p = pattern; *p; p++) {
		if (p[0] == '%' && p[1] >= '1' && p[1] <= '3') {
			p++;
			put_value(&text, *p == '1' ? one : *p == '2' ? two : three);
		} else {
			put(&text, *p);
		}
	}
	text.at[text.n] = 0;
}

void kin__reason_text(struct kin__reason *reason, const char *text)
{
	struct kin__span none = { NULL, 0 };

	kin__reason_say(reason, text, none, none, none);
}
