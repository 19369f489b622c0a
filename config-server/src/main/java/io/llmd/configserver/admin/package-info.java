/** The operations console over the services' actuators: Spring Boot Admin, and which services it shows. */
@NullMarked
package io.llmd.configserver.admin;

import org.jspecify.annotations.NullMarked;
