import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { documentErrors } from './document-errors.js';
import { ErrorResponse } from '../common/errors/error-response.dto.js';

const DESCRIPTION = `
Friends, one-to-one messages, conversation settings and presence.

To try it here:

1. Sign up (**Auth**, the example is ready to be sent) and give the \`accessToken\` of the answer to **Authorize**.
2. Sign up a second person, find them (**Users**), and ask for friendship with their \`_id\` (**Friends**).
3. Authorize as the second person, accept, and send messages (**Messages**).

The same token opens the socket, on which everything is told live: \`io(URL, { auth: { token } })\`.
Every error has the same shape and a stable \`code\`.
`;

/** The parts of the page, in their order. */
const TAGS = {
  Auth: 'Signing up, in and out, and where one is signed in.',
  Users: 'My account, and finding people.',
  Friends: 'Requests for friendship, and the list of friends with their presence.',
  Messages: 'Sending, and reading the history.',
  Conversations:
    'My list of conversations, what is unread, what a device missed, and what I have set for each.',
  Operations: 'For whoever runs the service.',
};

const PAGE = {
  persistAuthorization: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // The schemas, which every route shows where they belong, as a closed list at the end.
  defaultModelsExpandDepth: 0,
};

/** Hides the bar of Swagger UI's own name, and the choice of a server where there is one. */
const STYLE = `
  .swagger-ui .topbar { display: none }
  .swagger-ui .schemes-server-container { visibility: hidden }
`;

/** Where the routes are: all behind `/api`, but for what machines ask. */
export function placeRoutes(app: NestFastifyApplication): void {
  app.setGlobalPrefix('api', { exclude: ['health/live', 'health/ready', 'metrics'] });
}

/** The OpenAPI document of the HTTP side, made from the controllers and DTOs. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Reals2Chat Professional Chat')
    .setDescription(DESCRIPTION.trim())
    .setVersion('1')
    .addServer('/', 'This server')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The `accessToken` that signing up or in has given.',
    });
  for (const [name, description] of Object.entries(TAGS)) about.addTag(name, description);
  return documentErrors(SwaggerModule.createDocument(app, about.build(), { extraModels: [ErrorResponse] }));
}

/** Swagger UI at `/api/docs`, the document at `/api/docs-json`. */
export function serveApiDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('api/docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'api/docs-json',
    yamlDocumentUrl: 'api/docs-yaml',
    customSiteTitle: 'Reals2Chat API',
    customCss: STYLE,
    swaggerOptions: PAGE,
  });
}
