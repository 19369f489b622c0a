/** The part of the Jinja template language that chat templates of models use. */
@NullMarked
package io.llmd.token.jinja;

import org.jspecify.annotations.NullMarked;
