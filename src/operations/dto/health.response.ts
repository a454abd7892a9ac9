import { ApiSuccess } from '../../common/api-fields.js';

export class HealthResponse {
  @ApiSuccess()
  success!: true;
}
