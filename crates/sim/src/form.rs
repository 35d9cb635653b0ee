//! A call out of a form: `Action`, `Version` and the parameters, as AWS's Query protocol has them.

use crate::action::{Action, Service};
use crate::wire::query::Params;
use crate::{ApiError, Call};

impl Call {
    /// Reads the call that a form asks of a service for, as strictly as the HTTP front does.
    ///
    /// # Errors
    /// What AWS answers to a form that is no call: its action, its version or a parameter is not known, or one is missing.
    pub fn from_form(service: Service, form: &str) -> Result<Self, ApiError> {
        let mut params = Params::collect(form_urlencoded::parse(form.as_bytes()))?;
        let (action, version) = (params.take("Action"), params.take("Version"));
        read(service, action.as_deref(), version.as_deref(), &params)
    }
}

/// The call that parameters make, without those of the protocol itself.
pub(crate) fn read(
    service: Service,
    action: Option<&str>,
    version: Option<&str>,
    params: &Params<'_>,
) -> Result<Call, ApiError> {
    let name = action.ok_or_else(|| {
        ApiError::new("MissingAction", "The request must contain the parameter Action")
    })?;
    if let Some(other) = version.filter(|version| *version != service.version()) {
        let service = service.name();
        return Err(ApiError::new(
            "NoSuchVersion",
            format!("The requested version ({other}) of service {service} does not exist"),
        ));
    }
    let action = Action::from_name(service, name).ok_or_else(|| {
        ApiError::new(
            "InvalidAction",
            format!("The action {name} is not valid for this web service."),
        )
    })?;
    action.read(params).map_err(|error| error.of(service))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_a_call_or_is_refused_as_over_http() {
        let form = "Action=DeleteSubnet&Version=2016-11-15&SubnetId=subnet-0000000a";
        let call = Call::from_form(Service::Ec2, form).unwrap();
        let params = [("SubnetId".to_owned(), "subnet-0000000a".to_owned())];
        assert_eq!(
            (call.action(), call.params().unwrap().as_slice()),
            (Action::DeleteSubnet, &params[..])
        );
        for (form, code) in [
            ("SubnetId=subnet-0000000a", "MissingAction"),
            ("Action=Bogus", "InvalidAction"),
            ("Action=DeleteSubnet&Version=1999-01-01", "NoSuchVersion"),
            ("Action=DeleteSubnet", "MissingParameter"),
            ("Action=DeleteSubnet&SubnetId=a&Bogus=1", "UnknownParameter"),
            ("Action=DeleteSubnet&SubnetId=a&SubnetId=b", "MalformedQueryString"),
        ] {
            assert_eq!(
                Call::from_form(Service::Ec2, form).unwrap_err().code(),
                Some(code),
                "{form}"
            );
        }
    }
}
