import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { documentErrors } from './document-errors.js';
import { ErrorResponse } from '../common/errors/error-response.dto.js';

/** The OpenAPI document of the HTTP side, made from the controllers and DTOs. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Reals2Chat Professional Chat')
    .setDescription(
      'Friends, one-to-one messages, conversation settings and presence. Sign up with `POST /api/auth/register`, ' +
        'give the `accessToken` to "Authorize", and go on. The same token opens the socket: ' +
        '`io(URL, { auth: { token } })`.',
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .build();
  return documentErrors(SwaggerModule.createDocument(app, about, { extraModels: [ErrorResponse] }));
}

/** Swagger UI at `/api/docs`, the document at `/api/docs-json`. */
export function serveApiDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('api/docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'api/docs-json',
    yamlDocumentUrl: 'api/docs-yaml',
    customSiteTitle: 'Reals2Chat API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
