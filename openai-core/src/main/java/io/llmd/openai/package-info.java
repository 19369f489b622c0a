/**
 * The OpenAI wire: routes, the reader that checks request bodies without building them, error bodies and events, the
 * scanners that read usage from answers, and the model list.
 */
@NullMarked
package io.llmd.openai;

import org.jspecify.annotations.NullMarked;
