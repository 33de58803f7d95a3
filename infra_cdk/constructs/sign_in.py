"""Who is who: a user pool without self sign-up, with a second factor and short tokens."""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge

OPERATORS = "operators"
ACCESS_MINUTES = 15
REFRESH_HOURS = 12


class SignIn(Construct):
    """A person is invited by the account's owner; being in `operators` is what allows orders to be
    stopped and started. The page signs in by code with proof (PKCE) and holds no secret.
    """

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str, page_url: str) -> None:
        super().__init__(scope, construct_id)
        self.pool = self._pool()
        self.pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix)
        )
        cognito.CfnUserPoolGroup(
            self,
            "Operators",
            user_pool_id=self.pool.user_pool_id,
            group_name=OPERATORS,
            description="May halt, resume and flatten",
        )
        self.client = self.pool.add_client(
            "Page",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            auth_flows=cognito.AuthFlow(),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[f"{page_url}/"],
                logout_urls=[f"{page_url}/"],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            access_token_validity=cdk.Duration.minutes(ACCESS_MINUTES),
            id_token_validity=cdk.Duration.minutes(ACCESS_MINUTES),
            refresh_token_validity=cdk.Duration.hours(REFRESH_HOURS),
            refresh_token_rotation_grace_period=cdk.Duration.seconds(10),
        )
        self.issuer = self.pool.user_pool_provider_url
        cdk.CfnOutput(self, "UserPoolId", value=self.pool.user_pool_id)
        cdk.CfnOutput(self, "ClientId", value=self.client.user_pool_client_id)

    def _pool(self) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=cdk.Duration.days(1),
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(
            pool,
            {
                "AwsSolutions-COG3": "Threat protection is of the paid plan; a second factor is"
                " required of everybody.",
                "AwsSolutions-COG8": "The paid plan costs more than the rest of the sign-in.",
            },
        )
        return pool
