/** What bodies of the OpenAI API become before a template sees them. */
@NullMarked
package io.llmd.token.openai;

import org.jspecify.annotations.NullMarked;
